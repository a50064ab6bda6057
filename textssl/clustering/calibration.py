"""Calibrated probabilities: the share of similar texts that keep their cluster in a model of half of the texts.

A clusterer scores how firmly each row belongs to its cluster, on a scale of its own. Models fitted on halves of the
rows show which rows keep their cluster. Isotonic regression (Zadrozny & Elkan 2002) maps the scores to the share of
rows that keep it. Some clusters are stable and others fall apart, so each cluster shifts the curve by an offset.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Self

import numpy as np
from scipy.optimize import linear_sum_assignment
from scipy.special import expit, logit
from sklearn.isotonic import IsotonicRegression

# The most distinct rows to calibrate on by default, and the fewest: fewer have no halves to compare.
CALIBRATED_ON, LEAST_ROWS = 20_000, 4
# All refits together assign at least this many rows: with few rows, one pair of halves is not enough.
_PLACED = 4_000
# Bins of the reliability table.
_BINS = 10
# The weight of the common curve in the offset of a cluster, in refits.
_PRIOR = 4.0
# Probabilities lie between 1 - _SUREST and _SUREST.
_SUREST = 0.995


class Placement(NamedTuple):
    """The clusters of n rows, before calibration.

    Attributes:
        labels: (n,) int32, -1 for noise.
        seconds: (n,) int32, the second choice, -1 if there is none.
        firmness: (n,) float32, how firmly each row belongs to its cluster, on the clusterer's own scale.
        probabilities: (n,) float32, the clusterer's own, and second_probabilities: (n,) float32.
    """

    labels: np.ndarray
    seconds: np.ndarray
    firmness: np.ndarray
    probabilities: np.ndarray
    second_probabilities: np.ndarray


@dataclass(frozen=True)
class Bin:
    """Rows of similar probability: how many, their mean probability, and the share that kept their cluster."""

    rows: int
    probability: float
    kept: float


@dataclass(frozen=True)
class Calibration:
    """The map from firmness to probability.

    Attributes:
        firmness: (q,), ascending; with `logits`, the points of a monotone curve.
        logits: (q,), the log odds at these points.
        offsets: (k,), added to the curve for each cluster.
        seconds: (2,), the share that moves to the second choice, of rows that leave their cluster and of noise.
    """

    firmness: np.ndarray
    logits: np.ndarray
    offsets: np.ndarray
    seconds: np.ndarray

    @classmethod
    def fit(cls, placed: Placement, refitted: Sequence[np.ndarray]) -> Self:
        """Fit the calibration.

        Args:
            placed: n rows.
            refitted: the labels (n,) that each model of half of the rows predicts for all rows, renamed by `matched`.
        """
        found = placed.labels >= 0
        kept = np.mean([labels == placed.labels for labels in refitted], axis=0)
        moved = np.mean([(labels == placed.seconds) & (labels >= 0) for labels in refitted], axis=0)
        isotonic = IsotonicRegression(y_min=1 - _SUREST, y_max=_SUREST)
        # An additional row midway between two clusters has even chances, as there may be no other row there.
        isotonic.fit(np.append(placed.firmness[found], 0), np.append(kept[found], 0.5))
        firmness, logits = isotonic.X_thresholds_, logit(isotonic.y_thresholds_)
        curve = np.interp(placed.firmness[found], firmness, logits)
        offsets = _offsets(curve, placed.labels[found], kept[found], len(refitted))
        seconds = [_share(moved[found].sum(), (1 - kept[found]).sum()), _share(moved[~found].sum(), (~found).sum())]
        return cls(*(np.asarray(array, np.float32) for array in (firmness, logits, offsets, seconds)))

    def __call__(self, placed: Placement) -> tuple[np.ndarray, np.ndarray]:
        """Return the probabilities of each row's cluster, 0 for noise, and of its second choice, each (n,) float32."""
        found = placed.labels >= 0
        curve = np.interp(placed.firmness, self.firmness, self.logits)
        likely = expit(curve + self.offsets[np.maximum(placed.labels, 0)])
        first = np.where(found, likely, 0)
        second = np.where(found, np.minimum((1 - first) * self.seconds[0], first), self.seconds[1])
        return first.astype(np.float32), np.where(placed.seconds < 0, 0, second).astype(np.float32)


def halves(n: int, seed: int) -> Iterator[np.ndarray]:
    """Yield random halves of `n` rows, each followed by its complement: 2 for many rows, up to 6 for few."""
    random = np.random.default_rng([seed, 8])
    for _ in range(min(3, max(1, _PLACED // n))):
        yield from np.array_split(random.permutation(n), 2)


def matched(labels: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Return labels `others` (n,) renamed to those of `labels` (n,), matched one to one to share the most rows.

    Clusters without a match become -1, like noise.
    """
    both = (labels >= 0) & (others >= 0)
    shared = np.zeros((labels.max(initial=-1) + 1, others.max(initial=-1) + 1), np.int64)
    np.add.at(shared, (labels[both], others[both]), 1)
    names = np.full(shared.shape[1] + 1, -1, np.int32)  # the last is that of noise
    rows, columns = linear_sum_assignment(shared, maximize=True)
    names[columns] = rows
    return names[others]


def reliability(placed: Placement, refitted: Sequence[np.ndarray]) -> tuple[Bin, ...]:
    """Return the share of rows that kept their cluster, by bins of probability.

    It is cross-validated: one half of the refits calibrates and the other is measured, and the reverse.

    Args:
        placed: n rows.
        refitted: labels (n,), as in `Calibration.fit`.
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
    """Return the expected calibration error: the mean over the rows of |probability - share kept| of their bin."""
    rows = sum(bin.rows for bin in bins)
    return sum(bin.rows * abs(bin.probability - bin.kept) for bin in bins) / rows


def _offsets(curve: np.ndarray, labels: np.ndarray, kept: np.ndarray, refits: int) -> np.ndarray:
    """Return the offset of each cluster, (k,).

    The rows of a cluster are kept or lost together, so a refit is one observation, however many rows it has.
    """
    rows = np.maximum(1, np.bincount(labels))
    expected = np.bincount(labels, expit(curve)) / rows
    seen = np.bincount(labels, kept) / rows
    share = (refits * seen + _PRIOR * expected) / (refits + _PRIOR)
    return logit(np.clip(share, 1 - _SUREST, _SUREST)) - logit(np.clip(expected, 1 - _SUREST, _SUREST))


def _share(part: float, whole: float) -> float:
    return float(part / whole) if whole else 0.0
