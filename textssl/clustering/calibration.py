"""Probabilities that mean something: the share of texts that keep their cluster in a model of half of the texts.

A clusterer says how firmly each row belongs to its cluster on a scale of its own. Models fitted on halves of the rows
say which rows keep their cluster. Isotonic regression (Zadrozny & Elkan 2002) turns the one into the share of the
other. Some clusters are found again whole and others fall apart, so that each moves the curve a little.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Self

import numpy as np
from scipy.optimize import linear_sum_assignment
from scipy.special import expit, logit
from sklearn.isotonic import IsotonicRegression

# Distinct rows that are calibrated on at most, and at least: fewer have no halves to compare.
CALIBRATED_ON, LEAST_ROWS = 20_000, 4
# Rows that refits must have placed in all: of few rows, a pair of halves says little.
_PLACED = 4_000
# Bins of the table that shows how far the probabilities can be trusted.
_BINS = 10
# Refits that the curve of all clusters counts for in each of them.
_PRIOR = 4.0
# No number of refits makes a row surer, or less sure, than this.
_SUREST = 0.995


class Placement(NamedTuple):
    """Where n rows belong: labels and second choices (int32, -1 = none), and how firmly, on the clusterer's own scale.

    `probabilities` and `second_probabilities` (float32) are what the clusterer says of itself, before calibration.
    """

    labels: np.ndarray
    seconds: np.ndarray
    firmness: np.ndarray
    probabilities: np.ndarray
    second_probabilities: np.ndarray


@dataclass(frozen=True)
class Bin:
    """Rows of like probability: how many, their mean probability, and the share that kept their cluster."""

    rows: int
    probability: float
    kept: float


@dataclass(frozen=True)
class Calibration:
    """From firmness to probability.

    Attributes:
        firmness: (q,) ascending, and logits: (q,), the points of the monotone curve between them.
        offsets: (k,) what each cluster adds to the curve.
        seconds: (2,) of rows that did not keep their cluster, and of noise, the share that moved to the second choice.
    """

    firmness: np.ndarray
    logits: np.ndarray
    offsets: np.ndarray
    seconds: np.ndarray

    @classmethod
    def fit(cls, placed: Placement, refitted: Sequence[np.ndarray]) -> Self:
        """Learn from the labels (n,) that models of halves of the rows give all of them; see `matched`."""
        found = placed.labels >= 0
        kept = np.mean([labels == placed.labels for labels in refitted], axis=0)
        moved = np.mean([(labels == placed.seconds) & (labels >= 0) for labels in refitted], axis=0)
        isotonic = IsotonicRegression(y_min=1 - _SUREST, y_max=_SUREST)
        # One row more, midway between two clusters: where none of the others lies, its chances are even.
        isotonic.fit(np.append(placed.firmness[found], 0), np.append(kept[found], 0.5))
        firmness, logits = isotonic.X_thresholds_, logit(isotonic.y_thresholds_)
        curve = np.interp(placed.firmness[found], firmness, logits)
        offsets = _offsets(curve, placed.labels[found], kept[found], len(refitted))
        seconds = [_share(moved[found].sum(), (1 - kept[found]).sum()), _share(moved[~found].sum(), (~found).sum())]
        return cls(*(np.asarray(array, np.float32) for array in (firmness, logits, offsets, seconds)))

    def __call__(self, placed: Placement) -> tuple[np.ndarray, np.ndarray]:
        """Return the probability of each row's cluster, 0 for noise, and of its second choice: (n,) float32 each."""
        found = placed.labels >= 0
        curve = np.interp(placed.firmness, self.firmness, self.logits)
        likely = expit(curve + self.offsets[np.maximum(placed.labels, 0)])
        first = np.where(found, likely, 0)
        second = np.where(found, np.minimum((1 - first) * self.seconds[0], first), self.seconds[1])
        return first.astype(np.float32), np.where(placed.seconds < 0, 0, second).astype(np.float32)


def halves(n: int, seed: int) -> Iterator[np.ndarray]:
    """Yield the rows of random halves of `n` rows, each half followed by the other: 2 for many rows, 6 for few."""
    random = np.random.default_rng([seed, 8])
    for _ in range(min(3, max(1, _PLACED // n))):
        yield from np.array_split(random.permutation(n), 2)


def matched(labels: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Return `others` (n,) under the names of `labels` (n,): clusters matched one to one by the rows they share.

    A cluster without a partner becomes -1, as noise is.
    """
    both = (labels >= 0) & (others >= 0)
    shared = np.zeros((labels.max(initial=-1) + 1, others.max(initial=-1) + 1), np.int64)
    np.add.at(shared, (labels[both], others[both]), 1)
    names = np.full(shared.shape[1] + 1, -1, np.int32)  # the last is that of noise
    rows, columns = linear_sum_assignment(shared, maximize=True)
    names[columns] = rows
    return names[others]


def reliability(placed: Placement, refitted: Sequence[np.ndarray]) -> tuple[Bin, ...]:
    """Return, for bins of probability, what share of the rows kept their cluster in models the probability is not from.

    Learned from the refitted labels of even numbers and measured on the others, and the other way round.
    """
    likely, kept = [], []
    for fitted_on, measured_on in ((refitted[0::2], refitted[1::2]), (refitted[1::2], refitted[0::2])):
        found = placed.labels >= 0
        probability = Calibration.fit(placed, fitted_on)(placed)[0][found]
        for labels in measured_on:
            likely.append(probability)
            kept.append((labels == placed.labels)[found])
    probabilities, outcomes = np.concatenate(likely), np.concatenate(kept)
    bins = np.minimum((probabilities * _BINS).astype(int), _BINS - 1)
    return tuple(
        Bin(int((bins == i).sum()), float(probabilities[bins == i].mean()), float(outcomes[bins == i].mean()))
        for i in np.unique(bins)
    )


def calibration_error(bins: Sequence[Bin]) -> float:
    """Return the expected calibration error: the mean difference of probability and share kept, over the rows."""
    rows = sum(bin.rows for bin in bins)
    return sum(bin.rows * abs(bin.probability - bin.kept) for bin in bins) / rows


def _offsets(curve: np.ndarray, labels: np.ndarray, kept: np.ndarray, refits: int) -> np.ndarray:
    """Return what each cluster adds to the curve, (k,).

    The rows of a cluster are kept or lost together: a refit is one observation of it, however many rows it has.
    """
    rows = np.maximum(1, np.bincount(labels))
    expected = np.bincount(labels, expit(curve)) / rows
    seen = np.bincount(labels, kept) / rows
    share = (refits * seen + _PRIOR * expected) / (refits + _PRIOR)
    return logit(np.clip(share, 1 - _SUREST, _SUREST)) - logit(np.clip(expected, 1 - _SUREST, _SUREST))


def _share(part: float, whole: float) -> float:
    return float(part / whole) if whole else 0.0
