"""The report of a classifier: what cross-validation on the labelled texts says of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from textssl.reporting.report import Column, Facts, Report, Section, Table, Value, shortened

_MATRIX = 10  # most classes that are shown as a confusion matrix; of more, only those that are confused
_SHOWN = 20  # most rows of a table of texts or confusions


@dataclass(frozen=True)
class ClassifierContext:
    """What the sections of a classifier's report are made from.

    Attributes:
        title: what was classified.
        classes: names of the k classes.
        accuracy: share of the labelled texts classified correctly in cross-validation.
        notes: what a reader must know to judge the result.
        facts: names and values of what to know about labels, settings and time.
        methods: the methods compared; a row is a mapping from column to value.
        curve: accuracy by labels per class.
        scores: of each class, a mapping from column to value.
        confusion: int (k, k), texts by their class (rows) and the class given (columns).
        suspicious: of each label that looks wrong: row, text, label, the class it looks like, and its probability.
    """

    title: str
    classes: Sequence[str]
    accuracy: float
    notes: Sequence[str]
    facts: Sequence[tuple[str, Value]]
    methods: Sequence[Mapping[str, Value]]
    curve: Mapping[int, float]
    scores: Sequence[Mapping[str, Value]]
    confusion: np.ndarray
    suspicious: Sequence[tuple[int, str, str, str, float]]


def classifier_report(context: ClassifierContext) -> Report:
    """Return the report, of the sections that have something to show."""
    made = {
        "methods": _methods(context),
        "curve": _curve(context),
        "classes": _classes(context),
        "confusion": _confusion(context),
        "suspicious": _suspicious(context),
        "facts": Section(title="About this classifier", content=Facts(context.facts), terminal_title=""),
    }
    return Report(
        title=context.title,
        summary=f"{len(context.classes):,} classes; {context.accuracy:.1%} of the labelled texts are classified "
        "correctly in cross-validation",
        notes=tuple(context.notes),
        sections={name: section for name, section in made.items() if section is not None},
    )


def _methods(context: ClassifierContext) -> Section | None:
    if not context.methods:
        return None
    names = list(context.methods[0])
    columns = [Column(name.replace("_", " "), "name" if name == "method" else "number") for name in names]
    note = "Another method than the first is used only if it is clearly better. The gain is the cross-entropy saved, "
    return Section(
        "Methods compared",
        Table(columns, [tuple(row.values()) for row in context.methods]),
        note + "in standard errors.",
    )


def _curve(context: ClassifierContext) -> Section | None:
    if not context.curve:
        return None
    table = Table([Column("labels per class"), Column("accuracy")], list(context.curve.items()))
    return Section("How many labels", table, "Accuracy on labelled texts that were not learned from.")


def _classes(context: ClassifierContext) -> Section:
    names = list(context.scores[0])
    rows = [(name, *scores.values()) for name, scores in zip(context.classes, context.scores, strict=True)]
    return Section("Classes", Table([Column("class", "name"), *map(Column, names)], rows), "By cross-validation.")


def _confusion(context: ClassifierContext) -> Section | None:
    """Return the confusion matrix, or of many classes the pairs that are confused most often."""
    found = context.confusion
    if len(context.classes) <= _MATRIX:
        rows = [(name, *row) for name, row in zip(context.classes, found.tolist(), strict=True)]
        table = Table([Column("labelled as", "name"), *map(Column, context.classes)], rows)
        return Section("Confusion", table, "Labelled texts of each class (rows) by the class that they are given.")
    others = found * (1 - np.eye(len(found), dtype=found.dtype))
    pairs = [np.unravel_index(place, others.shape) for place in np.argsort(-others, axis=None, kind="stable")[:_SHOWN]]
    confused = [(context.classes[a], context.classes[b], int(others[a, b])) for a, b in pairs if others[a, b]]
    if not confused:
        return None
    table = Table([Column("labelled as", "name"), Column("classified as", "text"), Column("texts")], confused)
    return Section("Confusion", table, "The classes that are confused most often.")


def _suspicious(context: ClassifierContext) -> Section | None:
    if not context.suspicious:
        return None
    columns = [Column("row"), Column("text", "text"), Column("label", "text"), Column("looks like", "text")]
    shown = context.suspicious[:_SHOWN]
    rows = [(row, shortened(text), label, found, likely) for row, text, label, found, likely in shown]
    note = "Classifiers that did not learn from these texts are surer of another class than of most texts of it."
    return Section("Labels that look wrong", Table([*columns, Column("probability")], rows), note)
