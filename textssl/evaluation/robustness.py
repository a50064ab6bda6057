"""Robustness: how often a result changes when the texts are corrupted."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from textssl.evaluation.corruptions.registry import CORRUPTIONS, corrupt
from textssl.progress import bar


class Predicted(NamedTuple):
    """What is predicted of n texts.

    Attributes:
        labels: (n,) the group or class of each; -1 for none.
        vectors: (n, d), of unit length or zero; None if there are none to compare.
    """

    labels: np.ndarray
    vectors: np.ndarray | None = None


def measure_robustness(
    predict: Callable[[Sequence[str]], Predicted],
    texts: Sequence[str],
    truth: np.ndarray | None = None,
    corruptions: Sequence[str] | None = None,
    rates: Sequence[float] = (0.05, 0.1, 0.2),
    seed: int = 0,
) -> list[dict[str, str | float]]:
    """Compare what is predicted of corrupted texts with what is predicted of the texts as they are.

    Args:
        predict: returns the groups or classes of texts, and their vectors if it has any.
        texts: n texts.
        truth: (n,) the right group or class of each, as `predict` numbers them, -1 if unknown; None if none is known.
        corruptions: names of corruptions; see `corrupt`. Default None: all.
        rates: shares of words to corrupt, in (0, 1].
        seed: of the corruptions.

    Returns:
        A row for each ``corruption`` and ``rate``: the share ``changed`` of the texts with a group or class that get
        another one, or none; with vectors the mean ``cosine`` to the vector of the text as it was; with known classes
        the ``accuracy``, the share of the texts of a known class that get the right one, and ``clean_accuracy``, that
        of the texts as they are.

    Raises:
        UsageError: if there is no such corruption, or a rate is out of range.
    """
    clean = predict(texts)
    pairs = [(name, rate) for name in corruptions or CORRUPTIONS for rate in rates]
    return [
        {"corruption": name, "rate": rate, **_compared(clean, predict(corrupt(texts, name, rate, seed)), truth)}
        for name, rate in bar(pairs, "corruptions")
    ]


def _compared(clean: Predicted, corrupted: Predicted, truth: np.ndarray | None) -> dict[str, float]:
    """Return the measures of a row."""
    grouped = clean.labels != -1
    measured = {"changed": float(np.mean((corrupted.labels != clean.labels)[grouped])) if grouped.any() else 0.0}
    if clean.vectors is not None and corrupted.vectors is not None:
        cosines = np.sum(clean.vectors * corrupted.vectors, axis=1)[clean.vectors.any(axis=1)]
        measured["cosine"] = float(np.mean(cosines)) if len(cosines) else 0.0
    if truth is not None and (known := truth != -1).any():
        measured["clean_accuracy"] = float(np.mean((clean.labels == truth)[known]))
        measured["accuracy"] = float(np.mean((corrupted.labels == truth)[known]))
    return measured
