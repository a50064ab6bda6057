"""How the clusters differ by the values of a column of the input."""

from collections.abc import Mapping, Sequence
from typing import Any

from textssl.reporting.context import ReportContext
from textssl.reporting.report import Column, Section, Table

_MOST_ROWS = 50
_RATE = 0.05  # of false discoveries among the differences that are shown


def by_column(context: ReportContext) -> Section | None:
    """Return where clusters are more or less frequent than elsewhere by more than chance; None without a column."""
    rows: Sequence[Mapping[str, Any]] = context.tables.get("by_column", ())
    if not rows:
        return None
    names = {group.id: group.name for group in context.clusters}
    shown = sorted(rows, key=lambda row: (row["q"] > _RATE, -abs(row["share"] - row["elsewhere"])))[:_MOST_ROWS]
    different = sum(row["q"] <= _RATE for row in rows)
    return Section(
        title=f"Groups by {context.settings.by_column}",
        content=Table(
            columns=[
                Column(context.settings.by_column, "name"),
                Column("group", "text"),
                *map(Column, ("texts", "share", "95% interval", "elsewhere", "q")),
            ],
            rows=[
                (
                    str(row["value"]),
                    names[row["cluster"]],
                    row["texts"],
                    f"{row['share']:.1%}",
                    f"{row['low']:.1%} to {row['high']:.1%}",
                    f"{row['elsewhere']:.1%}",
                    f"{row['q']:.3f}",
                )
                for row in shown
            ],
        ),
        note=f"{different:,} of {len(rows):,} differences are more than chance: their q, the smallest false discovery "
        f"rate at which they count as real, is at most {_RATE}. These come first. At most {_MOST_ROWS} are shown.",
    )
