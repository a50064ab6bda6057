"""What cross-validation says of a classifier: by number of labels, by class, and which labels look wrong."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from textssl.classification.folds import folds
from textssl.classification.inputs import Inputs
from textssl.classification.labels import UNLABELLED, is_labelled
from textssl.classification.registry import Entry
from textssl.classification.selection import HeldOut
from textssl.progress import bar


@dataclass(frozen=True)
class ClassScores:
    """How well the texts of a class are recognised.

    Attributes:
        labelled: labelled texts of the class in the cross-validation.
        precision: share of the texts given the class that have it.
        recall: share of the texts of the class that were given it.
        f1: harmonic mean of precision and recall.
    """

    labelled: int
    precision: float
    recall: float
    f1: float


@dataclass(frozen=True)
class SuspiciousLabel:
    """A labelled text that is surely of another class, as far as a classifier that did not learn from it can say.

    Attributes:
        row: the text.
        label: number of the class that it has.
        found: number of the class that it seems to have.
        probability: of the class found.
    """

    row: int
    label: int
    found: int
    probability: float


def learning_curve(
    entry: Entry, inputs: Inputs, sizes: Sequence[int] = (5, 10, 20, 50), n_repeats: int = 3
) -> dict[int, float]:
    """Return the accuracy with fewer labels, by labels per class, on labelled texts that were not learned from.

    Args:
        entry: the method.
        inputs: the texts, one class each.
        sizes: labels per class. Default 5, 10, 20 and 50; only those that half of the classes have, and more.
        n_repeats: number of folds that are measured. Default 3.
    """
    counts = np.bincount(inputs.y[is_labelled(inputs.y)])
    possible = [size for size in sizes if np.median(counts) > size]
    measured: dict[int, list[np.ndarray]] = {size: [] for size in possible}
    held_out = list(folds(inputs.y, inputs.settings.folds, inputs.seed))[:n_repeats]
    for rows in bar(held_out, "learning curve", unit="fold"):
        learned = np.setdiff1d(np.flatnonzero(is_labelled(inputs.y)), rows)
        order = np.random.default_rng([inputs.seed, 3]).permutation(learned)
        rank = np.zeros(len(inputs.y), int)
        for number in range(len(inputs.classes)):
            members = order[inputs.y[order] == number]
            rank[members] = np.arange(len(members))
        for size in possible:
            y = np.full_like(inputs.y, UNLABELLED)
            some = learned[rank[learned] < size]
            y[some] = inputs.y[some]
            scores = entry.fit(replace(inputs, y=y, checkpoint=None)).scores(inputs, rows)
            measured[size].append(scores.argmax(axis=1) == inputs.y[rows])
    return {size: float(np.concatenate(found).mean()) for size, found in measured.items()}


def class_scores(held_out: HeldOut) -> list[ClassScores]:
    """Return how well each class is recognised, in the order of the classes."""
    found, wanted = held_out.found, held_out.targets
    both, given, labelled = (found * wanted).sum(axis=0), found.sum(axis=0), wanted.sum(axis=0)
    return [
        ClassScores(int(n), b / max(g, 1), b / max(n, 1), 2 * b / max(g + n, 1))
        for b, g, n in zip(both.tolist(), given.tolist(), labelled.tolist(), strict=True)
    ]


def confusion(held_out: HeldOut) -> np.ndarray:
    """Return how many texts of each class (rows) were given each class (columns), int64 (k, k)."""
    return (held_out.targets.T @ held_out.found).astype(np.int64)


def suspicious_labels(held_out: HeldOut) -> list[SuspiciousLabel]:
    """Return the labels that look wrong (confident learning, Northcutt et al. 2021), the most certain first.

    A text is surely of a class if its probability of it is at least the mean of those labelled so.

    Args:
        held_out: texts of one class each.
    """
    likely, label = held_out.probabilities, held_out.targets.argmax(axis=1)
    usual = (likely * held_out.targets).sum(axis=0) / np.maximum(held_out.targets.sum(axis=0), 1)
    found = likely.argmax(axis=1)
    every = np.arange(len(label))
    wrong = np.flatnonzero((found != label) & (likely[every, found] >= usual[found]))
    wrong = wrong[np.argsort(likely[wrong, label[wrong]] - likely[wrong, found[wrong]], kind="stable")]
    return [
        SuspiciousLabel(int(held_out.rows[i]), int(label[i]), int(found[i]), float(likely[i, found[i]])) for i in wrong
    ]
