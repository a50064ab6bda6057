"""The sections by name, in the order of the page, and `make_report`, which makes them."""

from collections.abc import Callable

import numpy as np

from textssl.reporting.context import ReportContext
from textssl.reporting.report import Report, Section
from textssl.reporting.sections.by_column import by_column
from textssl.reporting.sections.clusters import clusters
from textssl.reporting.sections.facts import facts
from textssl.reporting.sections.metrics import metrics
from textssl.reporting.sections.n_clusters import n_clusters
from textssl.reporting.sections.novelty import novelty
from textssl.reporting.sections.over_time import over_time
from textssl.reporting.sections.reliability import reliability
from textssl.reporting.sections.robustness import robustness

# Each makes its section, or None if the run has nothing to show in it.
SECTIONS: dict[str, Callable[[ReportContext], Section | None]] = {
    "clusters": clusters,
    "over_time": over_time,
    "by_column": by_column,
    "metrics": metrics,
    "n_clusters": n_clusters,
    "reliability": reliability,
    "novelty": novelty,
    "robustness": robustness,
    "facts": facts,
}


def make_report(context: ReportContext) -> Report:
    """Return the report of all sections that have something to show."""
    made = {name: make(context) for name, make in SECTIONS.items()}
    return Report(
        title=context.title,
        summary=_summary(context.labels),
        notes=tuple(context.notes),
        sections={name: section for name, section in made.items() if section is not None},
    )


def _summary(labels: np.ndarray) -> str:
    texts, noise = len(labels), int(np.count_nonzero(labels < 0))
    summary = f"{texts:,} texts in {len(np.unique(labels[labels >= 0])):,} clusters"
    return summary + (f", {noise:,} ({noise / texts:.1%}) in none of them" if noise else "")
