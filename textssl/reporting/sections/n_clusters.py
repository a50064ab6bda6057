"""The numbers of clusters that were compared."""

from collections.abc import Mapping, Sequence

from textssl.reporting.context import ReportContext
from textssl.reporting.metric_names import describe_metric
from textssl.reporting.report import Column, Section, Table, Value


def n_clusters(context: ReportContext) -> Section | None:
    """Return the numbers of clusters that the run compared."""
    return compared_numbers(context.tables.get("choice", ()))


def compared_numbers(candidates: Sequence[Mapping[str, Value]]) -> Section | None:
    """Return a table of the metrics of each number of clusters, given best first; None without any."""
    if not candidates:
        return None
    described = [describe_metric(name) for name in candidates[0]]
    return Section(
        title="How many clusters",
        content=Table(
            columns=[Column(metric.title, explanation=metric.explanation) for metric in described],
            rows=[tuple(candidate.values()) for candidate in candidates],
        ),
        note="The numbers that were compared, best first.",
        terminal_title="Numbers of clusters compared, best first",
    )
