"""Base classes of the reducers: how vectors are read, learned from and placed."""

from typing import Self

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import ClassNamePrefixFeaturesOutMixin, TransformerMixin
from sklearn.neighbors import NearestNeighbors
from sklearn.utils import Tags, check_random_state
from sklearn.utils.validation import check_is_fitted
from threadpoolctl import threadpool_limits

from textssl.estimators.saving import Stored
from textssl.estimators.unit_vectors import blocks, most_similar, nonzero_rows, unique_nonzero_rows, unit_rows
from textssl.estimators.validation import VectorError, check_vectors, check_whole

# Vectors whose coordinates differ by no more than rounding are equal.
_ROUNDING = 1e-6


class Reducer(ClassNamePrefixFeaturesOutMixin, TransformerMixin, Stored):
    """Base class of the reducers.

    Vectors are scaled to unit length, so that the metric is the cosine. A vector of zeros, that of a blank text or of
    one without a known word, has no direction: it is ignored in fitting and placed at the origin.

    If more than `max_samples` vectors are distinct, a random sample of them is learned from. All vectors are placed,
    block by block, so that a memory map is never loaded whole.

    A subclass implements `_check_parameters`, `_learn` (from distinct unit vectors, sets the fitted state) and `_place`
    (returns the coordinates of unit vectors), and lists the arrays that `_place` reads in `STATE`.
    """

    n_components: int
    max_samples: int
    random_state: int | None

    def fit(self, X: ArrayLike, y: object = None) -> Self:
        """Learn the reduction from the rows of `X`.

        Args:
            X: (n, d), any array of numbers.
            y: ignored.

        Returns:
            The fitted reducer.

        Raises:
            VectorError: a DataError, if the vectors are invalid, or too few are distinct.
            ParameterError: a UsageError, if a parameter is out of range.
        """
        check_whole("n_components", self.n_components, 1)
        check_whole("max_samples", self.max_samples, 2)
        self._check_parameters()
        X = check_vectors(self, X, reset=True)
        if self.n_components > X.shape[1]:
            raise VectorError(
                f"vectors of {X.shape[1]} dimensions (n_features={X.shape[1]}) cannot be reduced to "
                f"{self.n_components}: choose fewer"
            )
        self.notes_ = ()
        rows = unit_rows(X, self._sample(unique_nonzero_rows(X)))
        found = len(rows) if len(rows) and np.ptp(rows, axis=0).max() > _ROUNDING else min(len(rows), 1)
        if found < self._least_samples():
            raise VectorError(
                f"vectors of {found} distinct directions (n_samples={found}, n_features={X.shape[1]}), expected at "
                f"least {self._least_samples()}: give more vectors, or choose fewer dimensions or another method"
            )
        self._learn(rows)
        return self

    def transform(self, X: ArrayLike) -> np.ndarray:
        """Return the coordinates of the rows of `X` (n, d): (n, n_components) float32."""
        check_is_fitted(self)
        X = check_vectors(self, X, reset=False)
        placed = np.zeros((len(X), self._n_features_out), np.float32)
        for block in blocks(len(X), X.shape[1]):
            index = np.arange(block.start, block.stop)
            index = index[nonzero_rows(X, index)]
            if len(index):
                placed[index] = self._place(unit_rows(X, index))
        return placed

    def _sample(self, candidates: np.ndarray) -> np.ndarray:
        """Return which of the distinct rows `candidates` are learned from."""
        found = len(candidates)
        if found <= self.max_samples:
            return candidates
        self.notes_ += (f"learned from {self.max_samples:,} of {found:,} distinct vectors; the others were placed",)
        chosen = check_random_state(self.random_state).choice(found, self.max_samples, replace=False)
        return candidates[np.sort(chosen)]

    @property
    def _n_features_out(self) -> int:
        return self.n_components

    def _seed(self) -> int:
        """Return the seed of what is learned, a whole number whatever `random_state` is."""
        return int(check_random_state(self.random_state).randint(2**31))

    def _least_samples(self) -> int:
        return max(2, self.n_components)

    def _check_parameters(self) -> None:
        raise NotImplementedError

    def _learn(self, rows: np.ndarray) -> None:
        raise NotImplementedError

    def _place(self, rows: np.ndarray) -> np.ndarray:
        raise NotImplementedError

    def __sklearn_tags__(self) -> Tags:
        """Return the estimator's tags: `transform` returns float32."""
        tags = super().__sklearn_tags__()
        tags.transformer_tags.preserves_dtype = ["float32"]
        return tags


class NeighborReducer(Reducer):
    """Base class of the reducers that give coordinates to the sample only, and place other vectors among it.

    A vector of the sample keeps its coordinates. Any other is placed at the median of those of its most similar vectors
    of the sample, unless a subclass implements `_place_new`. A subclass implements `_coordinates`.

    Attributes:
        samples_: (m, d) float32, the vectors of the sample, of unit length.
        coordinates_: (m, n_components) float32, their coordinates; the origin is the middle of their range.
    """

    STATE = ("samples_", "coordinates_")

    placing_neighbors: int

    def _learn(self, rows: np.ndarray) -> None:
        with threadpool_limits(1):  # threads sum in no fixed order, and a difference in the last bit grows
            coordinates = self._coordinates(rows)
        self.samples_ = rows
        middle = (coordinates.min(axis=0) + coordinates.max(axis=0)) / 2
        self.coordinates_ = (coordinates - middle).astype(np.float32)

    def _place(self, rows: np.ndarray) -> np.ndarray:
        nearest, cosines = most_similar(rows, self.samples_)
        placed = self.coordinates_[nearest]
        new = cosines < 1 - _ROUNDING
        if new.any():
            placed[new] = self._place_new(rows[new])
        return placed

    def _place_new(self, rows: np.ndarray) -> np.ndarray:
        """Return the coordinates of unit vectors that are not in the sample."""
        neighbors = NearestNeighbors(n_neighbors=min(self.placing_neighbors, len(self.samples_)), algorithm="brute")
        return np.median(self.coordinates_[neighbors.fit(self.samples_).kneighbors(rows)[1]], axis=1)

    def _coordinates(self, rows: np.ndarray) -> np.ndarray:
        """Return the coordinates (m, n_components) of the sample `rows` (m, d), of unit length."""
        raise NotImplementedError
