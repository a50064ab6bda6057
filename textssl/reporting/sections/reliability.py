"""How far the probabilities can be trusted."""

from collections.abc import Mapping, Sequence

from textssl.reporting.context import ReportContext
from textssl.reporting.report import Column, Section, Table, Value


def reliability(context: ReportContext) -> Section | None:
    """Return the reliability of the run's probabilities."""
    return reliability_of(context.tables.get("reliability", ()))


def reliability_of(bins: Sequence[Mapping[str, Value]]) -> Section | None:
    """Return a table of bins of texts of similar probability; None without any.

    Args:
        bins: of each its number of texts `rows`, their mean `probability`, and the share `kept` of these texts that
            kept their cluster.
    """
    if not bins:
        return None
    return Section(
        title="How sure the groups are",
        content=Table(
            columns=[Column("probability"), Column("texts"), Column("kept their cluster")],
            rows=[(bin["probability"], bin["rows"], f"{bin['kept']:.1%}") for bin in bins],
        ),
        note="A text's probability is the share of such texts that keep their cluster when half of the texts are "
        "grouped again. Measured on models that the probabilities were not learned from.",
        terminal_title="Probabilities, measured on models of half of the texts",
    )
