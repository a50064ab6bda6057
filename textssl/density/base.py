"""The base class of the novelty detectors: how rows are read, kept aside, scored and compared with a threshold."""

from collections.abc import Iterator
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import OutlierMixin, clone
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted

from textssl.estimators.saving import Stored
from textssl.estimators.unit_vectors import blocks, unit_rows
from textssl.estimators.validation import ParameterError, VectorError, check_vectors, check_whole

# The default of `max_samples`.
MOST_LEARNED = 5_000
# Rows are kept aside in folds of a fifth each, as many as it takes to keep this many aside, at most all five.
_FOLDS, _LEAST_ASIDE = 5, 200
SAME = 1 - 1e-6  # the cosine of two vectors that count as the same text


class TooFewTextsError(VectorError):
    """There are fewer than 2 distinct texts to learn from."""


class Detector(OutlierMixin, Stored):
    """Base class of the novelty detectors.

    Rows are scaled to unit length, so that the metric is the cosine. A row of zeros, the vector of a blank text or of
    one without a known word, has no direction: it is ignored in fitting and scores -inf, odder than any other.

    A subclass implements `_learn` (from rows, sets the fitted state) and `_score` (of rows), has the parameters below
    beside its own, and lists the arrays that `_score` reads in `STATE`.

    Parameters:
        contamination: float in (0, 0.5]. The share of the training rows that `predict` calls outliers.
        max_samples: int. The most rows that are learned from; a random sample of them if there are more.
        random_state: int or None. The seed.

    Attributes:
        offset_: float64 (), the score below which `predict` calls a row an outlier.
        aside_scores_: float64 (m,), the scores of rows that were kept aside, by models fitted without them.
        n_features_in_: int, the number of dimensions d.
    """

    STATE: ClassVar[tuple[str, ...]] = ("offset_", "aside_scores_")

    contamination: float
    max_samples: int
    random_state: int | None

    def fit(self, X: ArrayLike, y: object = None) -> Self:
        """Learn how the rows of `X` are distributed.

        Args:
            X: (n, d), any array of numbers; at least 2 distinct rows that are not all zeros.
            y: ignored.

        Returns:
            The fitted detector.

        Raises:
            VectorError: a DataError, if the vectors are invalid or too few.
            ParameterError: a UsageError, if a parameter is out of range.
        """
        _check_contamination(self.contamination)
        check_whole("max_samples", self.max_samples, 2)
        self._check_parameters()
        rows = self._read(X, reset=True)
        rows = rows[self._known(rows)]
        if rows.shape[0] < 2:
            raise TooFewTextsError(f"{rows.shape[0]} samples of texts with known words: expected at least 2")
        if self._all_equal(rows):
            found = f"all {rows.shape[0]} texts are equal in their {rows.shape[1]} feature(s)"
            raise TooFewTextsError(f"{found}: expected at least 2 that differ")
        rows = rows[sample_of(rows.shape[0], self.max_samples, self.random_state)]
        aside = []
        for rest, kept in folds(rows.shape[0], self.random_state):
            model = clone(self)
            model._learn(rows[rest])
            aside.append(model._score(rows[kept]))
        self.aside_scores_ = np.concatenate(aside)
        self._learn(rows)
        self.offset_ = np.percentile(self._score(rows), 100 * self.contamination)
        return self

    def score_samples(self, X: ArrayLike) -> np.ndarray:
        """Return the score of each row of `X` (n, d), float64 (n,): higher is more usual; -inf for a row of zeros."""
        check_is_fitted(self)
        rows = self._read(X, reset=False)
        scores = np.full(rows.shape[0], -np.inf)
        known = self._known(rows)
        if known.any():
            scores[known] = self._score(rows[known])
        return scores

    def decision_function(self, X: ArrayLike) -> np.ndarray:
        """Return `score_samples` less `offset_`, float64 (n,): negative for outliers."""
        return self.score_samples(X) - self.offset_

    def predict(self, X: ArrayLike) -> np.ndarray:
        """Return -1 for each row of `X` (n, d) that is an outlier and 1 for the others, int64 (n,)."""
        return np.where(self.decision_function(X) < 0, -1, 1)

    def novelty(self, X: ArrayLike) -> np.ndarray:
        """Return the share of the rows kept aside that are less odd than each row of `X` (n, d): float64 in [0, 1]."""
        return percentiles(self.score_samples(X), self.aside_scores_)

    def _check_parameters(self) -> None:
        """Check the parameters of the subclass."""

    def _read(self, X: ArrayLike, reset: bool) -> Any:
        """Return the rows of `X`, of unit length."""
        vectors = check_vectors(self, X, reset)
        return unit_rows(vectors, np.arange(len(vectors)))

    def _known(self, rows: Any) -> np.ndarray:
        """Return which rows are scored, bool (n,)."""
        return rows.any(axis=1)

    def _all_equal(self, rows: Any) -> bool:
        """Return whether all rows are equal."""
        return bool((rows @ rows[0] > SAME).all())

    def _learn(self, rows: np.ndarray) -> None:
        raise NotImplementedError

    def _score(self, rows: np.ndarray) -> np.ndarray:
        raise NotImplementedError


def sample_of(n: int, most: int, random_state: int | None) -> np.ndarray:
    """Return a random sample of `most` of the numbers below `n`, ascending; all of them if there are no more."""
    return np.arange(n) if n <= most else np.sort(check_random_state(random_state).choice(n, most, replace=False))


def folds(n: int, random_state: int | None) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield the numbers below `n` in two parts, those to learn from and those kept aside."""
    parts = np.array_split(check_random_state(random_state).permutation(n), min(_FOLDS, n))
    least = 0
    for part in parts:
        if least >= _LEAST_ASIDE:
            return
        least += len(part)
        yield np.setdiff1d(np.arange(n), part), np.sort(part)


def percentiles(scores: np.ndarray, reference: np.ndarray) -> np.ndarray:
    """Return the share of the scores `reference` (m,) that are higher than each of `scores`; half of those equal."""
    ordered = np.sort(reference)
    below = np.searchsorted(ordered, scores, "left") + np.searchsorted(ordered, scores, "right")
    return 1 - below / (2 * len(ordered))


def similarities(rows: np.ndarray, others: np.ndarray) -> Iterator[tuple[slice, np.ndarray]]:
    """Yield the cosines of blocks of `rows` (n, d) to `others` (m, d), and which rows they are of.

    A row that equals one of the others is not compared with it, so that training rows are scored as if they had been
    kept aside: that cosine is -inf.
    """
    for block in blocks(len(rows), len(others)):
        yield block, without_same(rows[block] @ others.T)


def without_same(cosines: np.ndarray) -> np.ndarray:
    """Return cosines (n, m), changed in place: of each row, one that is of equal vectors becomes -inf."""
    every, nearest = np.arange(len(cosines)), cosines.argmax(axis=1)
    same = cosines[every, nearest] > SAME
    cosines[every[same], nearest[same]] = -np.inf
    return cosines


def _check_contamination(value: Any) -> None:
    """Raise ParameterError unless `value` is a number in (0, 0.5]."""
    if not isinstance(value, int | float | np.number) or isinstance(value, bool) or not 0 < value <= 0.5:
        raise ParameterError(f"contamination must be a number > 0 and <= 0.5, got {value!r}")
