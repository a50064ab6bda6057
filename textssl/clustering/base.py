"""Base classes of the clusterers: how rows are read, learned from and assigned, and what the fitted state is."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import ClassNamePrefixFeaturesOutMixin, ClusterMixin, TransformerMixin
from sklearn.utils import Tags, check_random_state
from sklearn.utils.validation import check_is_fitted

from textssl.clustering.calibration import LEAST_ROWS, Bin, Calibration, Placement, halves, matched, reliability
from textssl.estimators.saving import Stored
from textssl.estimators.threads import in_threads
from textssl.estimators.unit_vectors import Unique, blocks, nonzero_rows, two_best, unique_rows, unit_rows
from textssl.estimators.validation import VectorError, check_vectors, check_weights, check_whole

# The default of `max_samples`; more rows hardly change the clusters.
MOST_LEARNED = 100_000
_CALIBRATION = "calibration_."  # begins the names of its arrays in a saved clusterer


@dataclass(frozen=True)
class Assignment:
    """The clusters of n rows, their probabilities and second choices.

    Attributes:
        labels: (n,) int32, -1 for noise.
        probabilities: (n,) float32 in [0, 1].
        seconds: (n,) int32, the second choice, -1 if there is none.
        second_probabilities: (n,) float32 in [0, 1].
    """

    labels: np.ndarray
    probabilities: np.ndarray
    seconds: np.ndarray
    second_probabilities: np.ndarray


class Clusterer(ClusterMixin, Stored):
    """Base class of the clusterers.

    Rows are scaled to unit length, so that the metric is the cosine. A row of zeros, the vector of a blank text or of
    one without a known word, has no direction: it is ignored in fitting and belongs to no cluster (label -1,
    probability 0).

    If more than `max_samples` rows are distinct, a random sample of them is learned from. All rows are assigned, block
    by block, so that a memory map is never loaded whole.

    A subclass implements `_check_parameters`, `_learn` (from distinct unit rows and their weights, sets the fitted
    state) and `_place` (returns the `Placement` of unit rows), and lists the arrays that `_place` reads in `STATE`.
    ``labels_`` are what `_place` returns for the training rows, so that ``predict(X)`` equals ``labels_``, also after
    saving and loading.

    Attributes:
        labels_: (n,) int32, the cluster of each training row, -1 for noise.
        probabilities_: (n,) float32 in [0, 1], how firmly each training row belongs to its cluster. They are not
            calibrated; after `calibrate`, `assign` returns calibrated ones.
        calibration_: `Calibration` or None, the result of `calibrate`.
        notes_: tuple of str, sentences on what was done to the data.
        n_features_in_: int, the number of dimensions d.
    """

    STATE: ClassVar[tuple[str, ...]] = ("labels_", "probabilities_")

    max_samples: int
    random_state: int | None
    calibration_: Calibration | None

    def fit(self, X: ArrayLike, y: object = None) -> Self:
        """Compute the clusters of the rows of `X`.

        Args:
            X: (n, d), any array of numbers.
            y: ignored.

        Returns:
            The fitted clusterer.

        Raises:
            VectorError: a DataError, if the vectors cannot be grouped as requested.
            ParameterError: a UsageError, if a parameter is out of range.
        """
        return self._fit(X, None)

    def predict(self, X: ArrayLike) -> np.ndarray:
        """Return the cluster of each row of `X` (n, d): (n,) int32, -1 for noise."""
        return self.assign(X).labels

    def assign(self, X: ArrayLike) -> Assignment:
        """Return the cluster of each row of `X` (n, d), its probability and its second choice."""
        check_is_fitted(self)
        X = check_vectors(self, X, reset=False)
        return self._assigned(X, unique_rows(X))

    def calibrate(self, X: ArrayLike, refit: Callable[[np.ndarray, int], np.ndarray], seed: int = 0) -> tuple[Bin, ...]:
        """Calibrate the probabilities: compare the clusters with those of models fitted on halves of the rows.

        A calibrated probability is the share of similar rows that keep their cluster in such a model.

        Args:
            X: (n, d), distinct training rows or a sample of them.
            refit: a function of the indices of half of the rows and a seed; it fits a model on that half and returns
                the labels (n,) that the model predicts for all rows, -1 for noise.
            seed: the random seed of the halves.

        Returns:
            The share of rows that kept their cluster, by bins of probability, measured on models that the calibration
            did not use. Empty for fewer than 4 rows or one cluster, which are not calibrated.
        """
        check_is_fitted(self)
        X = check_vectors(self, X, reset=False)
        self.calibration_ = None
        placed = self._placed(X, unique_rows(X))
        if len(X) < LEAST_ROWS or placed.labels.max() < 1:
            return ()
        found = in_threads(lambda numbered: refit(numbered[1], seed + numbered[0]), enumerate(halves(len(X), seed), 1))
        refitted = [matched(placed.labels, labels) for labels in found]
        self.calibration_ = Calibration.fit(placed, refitted)
        return reliability(placed, refitted)

    def fitted_state(self) -> dict[str, np.ndarray]:
        """Return the arrays of the fitted state by name, those of the calibration among them."""
        calibrated = vars(self.calibration_) if self.calibration_ else {}
        return super().fitted_state() | {f"{_CALIBRATION}{name}": array for name, array in calibrated.items()}

    def set_fitted_state(self, arrays: Mapping[str, np.ndarray]) -> None:
        """Set the fitted state to what `fitted_state` returned."""
        super().set_fitted_state(arrays)
        calibrated = {name.removeprefix(_CALIBRATION): arrays[name] for name in arrays if _CALIBRATION in name}
        self.calibration_ = Calibration(**calibrated) if calibrated else None

    def _fit(self, X: ArrayLike, sample_weight: ArrayLike | None) -> Self:
        check_whole("max_samples", self.max_samples, 1)
        self._check_parameters()
        X = check_vectors(self, X, reset=True)
        weights = check_weights(sample_weight, len(X))
        unique = unique_rows(X)
        weights = np.bincount(unique.inverse, weights=weights)
        weights[~nonzero_rows(X, unique.index)] = 0
        if not weights.any():
            raise nothing_to_group()
        self.notes_ = ()
        self.calibration_ = None
        learned = self._sample(np.flatnonzero(weights))
        self._learn(unit_rows(X, unique.index[learned]), weights[learned])
        return self._label(X, unique)

    def _label(self, X: np.ndarray, unique: Unique) -> Self:
        """Set the labels and probabilities of the training rows."""
        placed = self._assigned(X, unique)
        self.labels_, self.probabilities_ = placed.labels, placed.probabilities
        return self

    def _sample(self, candidates: np.ndarray) -> np.ndarray:
        """Return which of the distinct rows `candidates` are learned from, ascending."""
        most, found = self._sample_size(), len(candidates)
        if found <= most:
            return candidates
        self.notes_ += (
            f"clusters were learned from {most} of {found} distinct texts; all texts were assigned to them",
        )
        return np.sort(check_random_state(self.random_state).choice(candidates, most, replace=False))

    def _assigned(self, X: np.ndarray, unique: Unique) -> Assignment:
        placed = self._placed(X, unique)
        first, second = placed.probabilities, placed.second_probabilities
        if self.calibration_ is not None:
            first, second = self.calibration_(placed)
        return Assignment(placed.labels, first, placed.seconds, second)

    def _placed(self, X: np.ndarray, unique: Unique) -> Placement:
        """Place each distinct row of `X` once; equal rows share the result."""
        parts = [self._place(unit_rows(X, unique.index[block])) for block in blocks(len(unique.index), X.shape[1])]
        placed = Placement(*(np.concatenate(column) for column in zip(*parts, strict=True)))
        zeros = ~nonzero_rows(X, unique.index)
        for column, value in zip(placed, (-1, -1, 0, 0, 0), strict=True):
            column[zeros] = value
        return Placement(*(column[unique.inverse] for column in placed))

    def _by_block(self, X: ArrayLike, width: int, compute: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
        """Return `compute` of the unit rows of `X` (n, d), computed in blocks for results of `width` columns."""
        X = check_vectors(self, X, reset=False)
        rows = np.arange(len(X))
        return np.concatenate([compute(unit_rows(X, rows[b])) for b in blocks(len(X), max(width, X.shape[1]))])

    def _sample_size(self) -> int:
        return self.max_samples

    def _check_parameters(self) -> None:
        raise NotImplementedError

    def _learn(self, rows: np.ndarray, weights: np.ndarray) -> None:
        raise NotImplementedError

    def _place(self, rows: np.ndarray) -> Placement:
        raise NotImplementedError


class SoftClusterer(Clusterer):
    """Base class of the clusterers with a probability of each cluster for every row.

    A subclass implements `_n_clusters` (the number of fitted clusters) and `_likelihoods`.
    """

    def predict_proba(self, X: ArrayLike) -> np.ndarray:
        """Return the probability of each cluster, before calibration, for each row of `X` (n, d).

        Returns:
            (n, n_clusters) float32. Each row sums to 1, except for rows of `X` that are all zeros, which sum to 0.
        """
        check_is_fitted(self)

        def probabilities(rows: np.ndarray) -> np.ndarray:
            likelihoods = self._likelihoods(rows)
            likelihoods[~rows.any(axis=1)] = 0
            sums = likelihoods.sum(axis=1, keepdims=True)
            return (likelihoods / np.where(sums > 0, sums, 1)).astype(np.float32)

        return self._by_block(X, self._n_clusters(), probabilities)

    def _place(self, rows: np.ndarray) -> Placement:
        parts = [_soft_placement(self._likelihoods(rows[b])) for b in blocks(len(rows), self._n_clusters())]
        return Placement(*(np.concatenate(column) for column in zip(*parts, strict=True)))

    def _n_clusters(self) -> int:
        raise NotImplementedError

    def _likelihoods(self, rows: np.ndarray) -> np.ndarray:
        """Return the likelihood of each cluster for each unit row, (n, k), up to a factor per row."""
        raise NotImplementedError


class CosineTransformer(ClassNamePrefixFeaturesOutMixin, TransformerMixin, Clusterer):
    """Base class of the clusterers that represent each cluster by one or more unit vectors, its anchors.

    A subclass implements `_anchors`.
    """

    def transform(self, X: ArrayLike) -> np.ndarray:
        """Return the cosine of each row of `X` (n, d) to each cluster, that is, to the most similar anchor of it.

        Returns:
            (n, n_clusters) float32 in [-1, 1]; 0 for a row of zeros.
        """
        check_is_fitted(self)
        anchors, labels = self._anchors()
        order = np.argsort(labels, kind="stable")
        starts = np.flatnonzero(np.diff(labels[order], prepend=-1))
        anchors = anchors[order]
        return self._by_block(X, len(anchors), lambda rows: np.maximum.reduceat(rows @ anchors.T, starts, axis=1))

    def _anchors(self) -> tuple[np.ndarray, np.ndarray]:
        """Return the anchors (m, d) and their clusters (m,)."""
        raise NotImplementedError

    @property
    def _n_features_out(self) -> int:
        return int(self._anchors()[1].max()) + 1

    def __sklearn_tags__(self) -> Tags:
        """Return the estimator's tags: `transform` returns float32."""
        tags = super().__sklearn_tags__()
        tags.transformer_tags.preserves_dtype = ["float32"]
        return tags


class AnchorClusterer(CosineTransformer):
    """Base class of the clusterers that assign each row to the cluster of the most similar anchor.

    Every probability is 1 before calibration. A subclass sets `anchors_` (m, d) and `anchor_labels_` (m,).
    """

    STATE = (*Clusterer.STATE, "anchors_", "anchor_labels_")

    def _anchors(self) -> tuple[np.ndarray, np.ndarray]:
        return self.anchors_, self.anchor_labels_

    def _place(self, rows: np.ndarray) -> Placement:
        best = two_best(rows, self.anchors_, self.anchor_labels_)
        ones = np.ones(len(rows), dtype=np.float32)
        firmness = best.products - best.second_products
        return Placement(self.anchor_labels_[best.anchors], best.seconds, firmness, ones, np.zeros_like(ones))


def nothing_to_group() -> VectorError:
    """Return the error for rows that are all zeros."""
    return VectorError("every vector is zero: texts without a known word cannot be grouped")


def require_distinct(found: int, wanted: int) -> None:
    """Raise VectorError if there are fewer distinct vectors than requested clusters."""
    if found < wanted:
        raise VectorError(f"{found} distinct vectors cannot make {wanted} clusters: ask for at most {found}")


def require_clusters(labels: np.ndarray, wanted: int) -> None:
    """Raise VectorError unless `labels` use every requested cluster."""
    found = len(np.unique(labels))
    if found < wanted:
        raise VectorError(f"only {found} of {wanted} clusters could be distinguished: ask for at most {found}")


def _soft_placement(likelihoods: np.ndarray) -> Placement:
    """Return the placement of rows by the likelihoods (n, k) of the clusters, up to a factor per row.

    Firmness is the logarithm of the ratio of the two highest.
    """
    every = np.arange(len(likelihoods))
    labels, sums = likelihoods.argmax(axis=1), likelihoods.sum(axis=1)
    first = likelihoods[every, labels]
    if likelihoods.shape[1] == 1:
        seconds, second = np.full(len(likelihoods), -1), np.zeros_like(first)
    else:
        others = likelihoods.copy()
        others[every, labels] = -1
        seconds = others.argmax(axis=1)
        second = others[every, seconds]
    firmness = np.log(first) - np.log(np.maximum(second, np.finfo(second.dtype).tiny))
    return Placement(
        labels.astype(np.int32),
        seconds.astype(np.int32),
        *(column.astype(np.float32) for column in (firmness, first / sums, second / sums)),
    )
