"""What the clusterers share: how rows enter, how labels follow from the fitted state, what that state is."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np
from sklearn.base import BaseEstimator, ClusterMixin
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted

from textssl.clustering.calibration import LEAST_ROWS, Bin, Calibration, Placement, halves, matched, reliability
from textssl.clustering.checks import VectorError, check_vectors, check_weights
from textssl.clustering.rows import Distinct, TwoBest, blocks, directed, distinct, unit_rows

# Distinct rows that are learned from: more bring next to nothing, and density takes minutes.
MOST_LEARNED = 100_000


@dataclass(frozen=True)
class Assignment:
    """The cluster of each of n rows, and the next best.

    Attributes:
        labels: (n,) int32, -1 for noise.
        probabilities: (n,) float32 in [0, 1].
        seconds: (n,) int32, the second choice, -1 where there is none.
        second_probabilities: (n,) float32 in [0, 1].
    """

    labels: np.ndarray
    probabilities: np.ndarray
    seconds: np.ndarray
    second_probabilities: np.ndarray

    @classmethod
    def of_none(cls) -> Self:
        """Return the assignment of no rows."""
        return cls(*(np.empty(0, type) for type in (np.int32, np.float32, np.int32, np.float32)))


class Clusterer(ClusterMixin, BaseEstimator):
    """Base of the clusterers. Rows are brought to unit length: the metric is the cosine.

    A row of zeros, which stands for a blank text or one without a known word, has no direction: it is not learned from
    and belongs to no cluster (-1, probability 0).

    A subclass gives `_check_parameters`, `_learn` (distinct unit rows and their masses in, fitted state out) and
    `_place` (unit rows in, `Placement` out), and names in `STATE` the arrays that `_place` reads. Training labels
    are what `_place` says of the training rows, so that ``predict(X)`` equals ``labels_``, also after saving.

    Of very many distinct rows, `_most_learned` are learned from, drawn with the seed, and all are placed, some at a
    time: a memory map is never copied whole.

    Attributes:
        labels_: (n,) int32, -1 for noise.
        probabilities_: (n,) float32, how firmly each row belongs to its cluster; after `calibrate`, the share of such
            rows that keep their cluster in a model of half of the rows.
        calibration_: what `calibrate` learned, or None.
        notes_: what was done to the data on the way, in sentences.
    """

    STATE: ClassVar[tuple[str, ...]] = ("labels_", "probabilities_")

    def fit(self, X: Any, y: Any = None) -> Self:
        """Group the rows of `X` (n, d); `y` is ignored.

        Raises:
            VectorError: a DataError, if the vectors cannot be grouped as asked.
            ParameterError: a UsageError, if a parameter is out of range.
        """
        return self._fit(X, None)

    def predict(self, X: Any) -> np.ndarray:
        """Return the cluster of each row of `X` (n, d): (n,) int32."""
        return self.assign(X).labels

    def assign(self, X: Any) -> Assignment:
        """Return the cluster of each row of `X` (n, d), and how firmly it belongs there."""
        check_is_fitted(self)
        X = check_vectors(self, X, reset=False)
        return self._assigned(X, distinct(X))

    def calibrate(self, X: Any, refit: Callable[[np.ndarray, int], np.ndarray], seed: int = 0) -> tuple[Bin, ...]:
        """Learn probabilities from how models of halves of the rows group the rows of `X` (n, d).

        Args:
            X: distinct training rows, or a sample of them.
            refit: given the numbers of half of the rows and a seed, the labels (n,) of all rows, -1 for noise, by a
                model that was fitted on this half.
            seed: of the halves.

        Returns:
            Rows of like probability and the share that kept their cluster, measured on models not learned from; none
            where fewer than 4 rows, or one cluster, are not calibrated.
        """
        check_is_fitted(self)
        X = check_vectors(self, X, reset=False)
        self.calibration_: Calibration | None = None
        placed = self._placed(X, distinct(X))
        if len(X) < LEAST_ROWS or placed.labels.max() < 1:
            return ()
        refitted = [matched(placed.labels, refit(half, seed + i)) for i, half in enumerate(halves(len(X), seed), 1)]
        self.calibration_ = Calibration.fit(placed, refitted)
        return reliability(placed, refitted)

    def _fit(self, X: Any, sample_weight: Any) -> Self:
        self._check_parameters()
        X = check_vectors(self, X, reset=True)
        weights = check_weights(sample_weight, len(X))
        kinds = distinct(X)
        masses = np.bincount(kinds.inverse, weights=weights)
        masses[~directed(X, kinds.first)] = 0
        if not masses.any():
            raise nothing_to_group()
        self.notes_: tuple[str, ...] = ()
        self.calibration_ = None
        learned = self._drawn(np.flatnonzero(masses))
        self._learn(unit_rows(X, kinds.first[learned]), masses[learned])
        placed = self._assigned(X, kinds)
        self.labels_, self.probabilities_ = placed.labels, placed.probabilities
        return self

    def _drawn(self, kinds: np.ndarray) -> np.ndarray:
        """Return which of the `kinds` of rows are learned from, ascending."""
        most = self._most_learned()
        if len(kinds) <= most:
            return kinds
        self.notes_ += (f"groups were learned from {most} of {len(kinds)} distinct texts, and all were placed in them",)
        return np.sort(check_random_state(self.random_state).choice(kinds, most, replace=False))

    def _assigned(self, X: np.ndarray, kinds: Distinct) -> Assignment:
        placed = self._placed(X, kinds)
        first, second = placed.probabilities, placed.second_probabilities
        if self.calibration_ is not None:
            first, second = self.calibration_(placed)
        return Assignment(placed.labels, first, placed.seconds, second)

    def _placed(self, X: np.ndarray, kinds: Distinct) -> Placement:
        """Place each kind of row of `X` once, and give every row what its kind got."""
        parts = [self._place(unit_rows(X, kinds.first[block])) for block in blocks(len(kinds.first), X.shape[1])]
        placed = Placement(*(np.concatenate(column) for column in zip(*parts, strict=True)))
        nowhere = ~directed(X, kinds.first)
        for column, nothing in zip(placed, (-1, -1, 0, 0, 0), strict=True):
            column[nowhere] = nothing
        return Placement(*(column[kinds.inverse] for column in placed))

    def _most_learned(self) -> int:
        return MOST_LEARNED

    def _check_parameters(self) -> None:
        raise NotImplementedError

    def _learn(self, rows: np.ndarray, masses: np.ndarray) -> None:
        raise NotImplementedError

    def _place(self, rows: np.ndarray) -> Placement:
        raise NotImplementedError


def hard_placement(best: TwoBest, labels: np.ndarray) -> Placement:
    """Return the placement of rows by anchors of `labels` (m,), memberships being hard: probabilities 1 and 0."""
    ones = np.ones(len(best.anchors), dtype=np.float32)
    firmness = best.products - best.second_products
    return Placement(labels[best.anchors], best.seconds, firmness, ones, np.zeros_like(ones))


def soft_placement(shares: np.ndarray) -> Placement:
    """Return the placement of rows by how likely each cluster is for each row, (n, k), up to a factor for each row.

    Firmness is the logarithm of how much likelier the first cluster is than the second.
    """
    every = np.arange(len(shares))
    labels, whole = shares.argmax(axis=1), shares.sum(axis=1)
    first = shares[every, labels]
    if shares.shape[1] == 1:
        seconds, second = np.full(len(shares), -1), np.zeros_like(first)
    else:
        left = shares.copy()
        left[every, labels] = -1
        seconds = left.argmax(axis=1)
        second = left[every, seconds]
    firmness = np.log(first) - np.log(np.maximum(second, np.finfo(second.dtype).tiny))
    return Placement(
        labels.astype(np.int32),
        seconds.astype(np.int32),
        *(column.astype(np.float32) for column in (firmness, first / whole, second / whole)),
    )


def nothing_to_group() -> VectorError:
    """Return the error for rows of which none has a direction."""
    return VectorError("every vector is zero: texts without a known word cannot be grouped")


def require_distinct(found: int, wanted: int) -> None:
    """Raise VectorError if `wanted` clusters cannot be made of `found` distinct things."""
    if found < wanted:
        raise VectorError(f"{found} distinct vectors cannot make {wanted} clusters: ask for at most {found}")


def require_clusters(labels: np.ndarray, wanted: int) -> None:
    """Raise VectorError unless `labels` use all of `wanted` clusters."""
    found = len(np.unique(labels))
    if found < wanted:
        raise VectorError(f"only {found} of {wanted} clusters could be told apart: ask for at most {found}")
