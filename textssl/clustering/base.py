"""What the clusterers share: how rows enter, how labels follow from the fitted state, what that state is."""

from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np
from sklearn.base import BaseEstimator, ClusterMixin
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted

from textssl.clustering.checks import VectorError, check_vectors, check_weights
from textssl.clustering.rows import Distinct, blocks, distinct, unit_rows

# Distinct rows that are learned from: more bring next to nothing, and density takes minutes.
MOST_LEARNED = 100_000


@dataclass(frozen=True)
class Assignment:
    """The cluster of each row: labels (n,) int32, -1 for noise; probabilities (n,) float32 in [0, 1]."""

    labels: np.ndarray
    probabilities: np.ndarray


class Clusterer(ClusterMixin, BaseEstimator):
    """Base of the clusterers. Rows are brought to unit length: the metric is the cosine.

    A subclass gives `_check_parameters`, `_learn` (distinct unit rows and their masses in, fitted state out) and
    `_place` (unit rows in, `Assignment` out), and names in `STATE` the arrays that `_place` reads. Training labels
    are what `_place` says of the training rows, so that ``predict(X)`` equals ``labels_``, also after saving.

    Of very many distinct rows, `_most_learned` are learned from, drawn with the seed, and all are placed, some at a
    time: a memory map is never copied whole.

    Attributes:
        labels_: (n,) int32, -1 for noise.
        probabilities_: (n,) float32, how firmly each row belongs to its cluster.
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

    def _fit(self, X: Any, sample_weight: Any) -> Self:
        self._check_parameters()
        X = check_vectors(self, X, reset=True)
        weights = check_weights(sample_weight, len(X))
        kinds = distinct(X)
        masses = np.bincount(kinds.inverse, weights=weights)
        self.notes_: tuple[str, ...] = ()
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
        """Place each kind of row of `X` once, and give every row what its kind got."""
        parts = [self._place(unit_rows(X, kinds.first[block])) for block in blocks(len(kinds.first), X.shape[1])]
        labels = np.concatenate([part.labels for part in parts]).astype(np.int32)
        probabilities = np.concatenate([part.probabilities for part in parts]).astype(np.float32)
        return Assignment(labels[kinds.inverse], probabilities[kinds.inverse])

    def _most_learned(self) -> int:
        return MOST_LEARNED

    def _check_parameters(self) -> None:
        raise NotImplementedError

    def _learn(self, rows: np.ndarray, masses: np.ndarray) -> None:
        raise NotImplementedError

    def _place(self, rows: np.ndarray) -> Assignment:
        raise NotImplementedError


def require_distinct(found: int, wanted: int) -> None:
    """Raise VectorError if `wanted` clusters cannot be made of `found` distinct things."""
    if found < wanted:
        raise VectorError(f"{found} distinct vectors cannot make {wanted} clusters: ask for at most {found}")


def require_clusters(labels: np.ndarray, wanted: int) -> None:
    """Raise VectorError unless `labels` use all of `wanted` clusters."""
    found = len(np.unique(labels))
    if found < wanted:
        raise VectorError(f"only {found} of {wanted} clusters could be told apart: ask for at most {found}")
