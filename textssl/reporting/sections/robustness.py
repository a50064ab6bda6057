"""How much groups or classes depend on spelling, punctuation and single words."""

from collections.abc import Mapping, Sequence
from typing import Any

from textssl.reporting.context import ReportContext
from textssl.reporting.report import Column, Section, Table


def robustness(context: ReportContext) -> Section | None:
    """Return how often groups change when the texts are corrupted, if that was measured."""
    return robustness_of(context.tables.get("robustness", ()))


def robustness_of(measured: Sequence[Mapping[str, Any]]) -> Section | None:
    """Return a table with a row per corruption; None if nothing was measured.

    Args:
        measured: for each corruption and rate the share `changed` and, if known, `cosine` and `accuracy`.
    """
    if not measured:
        return None
    names, rates = (list(dict.fromkeys(row[key] for row in measured)) for key in ("corruption", "rate"))
    found = {(row["corruption"], row["rate"]): row for row in measured}
    columns = [Column("corruption", "name"), *(Column(f"changed at {rate}") for rate in rates)]
    shown = [name for name in ("cosine", "accuracy") if name in measured[0]]
    columns += [Column(f"{name} at {rates[-1]}") for name in shown]
    rows = [
        (
            str(name).replace("_", " "),
            *(f"{found[name, rate]['changed']:.1%}" for rate in rates),
            *(found[name, rates[-1]][key] for key in shown),
        )
        for name in names
    ]
    clean = measured[0].get("clean_accuracy")
    return Section(
        title="How robust the groups are",
        content=Table(columns, rows),
        note="The share of texts whose group or class changes when so many of the words are corrupted."
        + (f" Accuracy without corruption: {clean:.3f}." if clean is not None else ""),
        terminal_title="Texts whose group or class changes when so many of the words are corrupted",
    )
