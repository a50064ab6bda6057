"""The sizes of the clusters over time."""

from collections.abc import Mapping, Sequence
from typing import Any

from textssl.reporting.context import ReportContext
from textssl.reporting.report import Column, Section, Table


def over_time(context: ReportContext) -> Section | None:
    """Return the share of each cluster in the texts of each period; None without a column of times."""
    rows: Sequence[Mapping[str, Any]] = context.tables.get("over_time", ())
    if not rows:
        return None
    periods = list(dict.fromkeys(str(row["value"]) for row in rows))
    shares = {(row["value"], row["cluster"]): row["share"] for row in rows}
    return Section(
        title="Groups over time",
        content=Table(
            columns=[Column("group", "name"), *map(Column, periods)],
            rows=[
                (group.name, *(f"{shares.get((period, group.id), 0):.1%}" for period in periods))
                for group in context.clusters
            ],
        ),
        note="The share of each group in the texts of a period.",
    )
