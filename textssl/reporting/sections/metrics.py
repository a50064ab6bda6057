"""The metrics of the run beside those of the baselines."""

from textssl.reporting.context import ReportContext
from textssl.reporting.metric_names import describe_metric
from textssl.reporting.report import Column, Section, Table


def metrics(context: ReportContext) -> Section | None:
    """Return a row for each metric of the run, in a terminal without a heading."""
    if not context.metrics:
        return None
    described = [describe_metric(name) for name in context.metrics]
    table = Table(
        columns=[Column("measure", "name"), Column("this run"), *map(Column, context.baseline)],
        rows=[
            (metric.title, value, *(scores.get(name) for scores in context.baseline.values()))
            for metric, (name, value) in zip(described, context.metrics.items(), strict=True)
        ],
        explanations=[metric.explanation for metric in described],
    )
    return Section(title="Measures", content=table, terminal_title="")
