"""The base class of the classifiers of vectors: scores that are linear in the vectors, and probabilities from them."""

import json
from collections.abc import Mapping
from typing import Self

import numpy as np
from numpy.typing import ArrayLike
from scipy.optimize import minimize, minimize_scalar
from scipy.special import expit, log_softmax, softmax
from sklearn.base import ClassifierMixin
from sklearn.utils import Tags, assert_all_finite
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_consistent_length, check_is_fitted, column_or_1d

from textssl.classification.labels import UNLABELLED, is_labelled
from textssl.estimators.saving import Stored
from textssl.estimators.validation import VectorError, check_vectors


class LinearClassifier(ClassifierMixin, Stored):
    """Base class of the classifiers of vectors.

    A subclass implements `_learn`, which sets `coef_`, `intercept_` and `C_`.

    Attributes:
        classes_: (k,) the classes, sorted.
        coef_: float64 (k, d), and intercept_, float64 (k,): the scores of the classes are ``X @ coef_.T + intercept_``.
        C_: float, the inverse strength of the regularisation used.
        temperature_: float64 (1,), by which scores are divided before they become probabilities; 1 before `calibrate`.
        multi_label_: bool (1,), whether a vector may have several classes.
    """

    STATE = ("coef_", "intercept_", "temperature_", "multi_label_")

    def fit(self, X: ArrayLike, y: ArrayLike) -> Self:
        """Learn from vectors, of which some are labelled.

        Args:
            X: (n, d), any array of numbers.
            y: (n,) the classes, -1 for an unlabelled vector; or (n, k), 1 for each class of a vector and 0 for others,
                -1 for an unlabelled vector.

        Raises:
            VectorError: a DataError, if the vectors or labels cannot be learned from.
        """
        X = check_vectors(self, X, reset=True)
        codes = self._coded(y, len(X))
        self.temperature_ = np.ones(1)
        self._learn(X, codes)
        return self

    def scores(self, X: ArrayLike) -> np.ndarray:
        """Return the scores of the classes, float64 (n, k), of vectors (n, d)."""
        check_is_fitted(self)
        return check_vectors(self, X, reset=False) @ self.coef_.T + self.intercept_

    def predict_proba(self, X: ArrayLike) -> np.ndarray:
        """Return the probability of each class, float64 (n, k), of vectors (n, d); each alone with several classes."""
        return probabilities(self.scores(X), self.multi_label_.item(), self.temperature_.item())

    def predict(self, X: ArrayLike) -> np.ndarray:
        """Return the class of each vector of `X` (n, d), (n,); with several classes 1 or 0, (n, k)."""
        scores = self.scores(X)
        return (scores > 0).astype(np.int64) if self.multi_label_ else self.classes_[scores.argmax(axis=1)]

    def calibrate(self, scores: np.ndarray, targets: np.ndarray) -> Self:
        """Set the temperature that suits vectors that were not learned from; see `best_temperature`.

        Args:
            scores: (n, k), see `scores`.
            targets: (n, k), 1 for the classes of each vector, 0 for others.
        """

        self.temperature_ = np.array([best_temperature(scores, targets, self.multi_label_.item())])
        return self

    def fitted_state(self) -> dict[str, np.ndarray]:
        """Return the arrays of the fitted state by name; the classes are stored as JSON."""
        classes = json.dumps(self.classes_.tolist()).encode()
        return super().fitted_state() | {"classes_": np.frombuffer(classes, np.uint8)}

    def set_fitted_state(self, arrays: Mapping[str, np.ndarray]) -> None:
        """Set the fitted state to what `fitted_state` returned."""
        super().set_fitted_state(arrays)
        self.classes_ = np.array(json.loads(arrays["classes_"].tobytes()))

    def _coded(self, given: ArrayLike, n: int) -> np.ndarray:
        """Set the classes, and return them as numbers, as in `Labels`."""
        y = np.asarray(given)
        if y.dtype.kind == "f":
            assert_all_finite(y, input_name="y")
        several = y.ndim == 2 and y.shape[1] > 1
        self.multi_label_ = np.array([several])
        y = y if several else column_or_1d(y, warn=True)
        check_consistent_length(np.empty(n), y)
        labelled = is_labelled(y)
        if not labelled.any():
            raise VectorError("no vector is labelled: label at least two of each class")
        check_classification_targets(y[labelled])
        if several:
            self.classes_ = np.arange(y.shape[1])
            return y
        self.classes_, codes = np.unique(y[labelled], return_inverse=True)
        coded = np.full(n, UNLABELLED)
        coded[labelled] = codes
        return coded

    def _learn(self, X: np.ndarray, y: np.ndarray) -> None:
        raise NotImplementedError

    def __sklearn_tags__(self) -> Tags:
        """Return the estimator's tags."""
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_label = True
        return tags


def probabilities(scores: np.ndarray, multi_label: bool, temperature: float = 1.0) -> np.ndarray:
    """Return the probabilities of classes, (n, k), from their scores (n, k)."""
    return expit(scores / temperature) if multi_label else softmax(scores / temperature, axis=1)


def best_temperature(scores: np.ndarray, targets: np.ndarray, multi_label: bool) -> float:
    """Return the temperature at which the cross-entropy is lowest (temperature scaling, Guo et al. 2017).

    Args:
        scores: (n, k) of rows that were not learned from.
        targets: (n, k), 1 for the classes of each row, 0 for others.
        multi_label: whether each class is a yes or no of its own.
    """

    n, k = targets.shape
    surest = (n + 1) / (n + 2)  # as Platt (1999): n texts cannot show that a probability is higher
    other = (1 - surest) / (1 if multi_label else max(1, k - 1))
    smooth = np.where(targets > 0, surest, other)

    def loss(log_temperature: float) -> float:
        found = probabilities(scores, multi_label, float(np.exp(log_temperature)))
        return float(cross_entropies(found, smooth, multi_label).mean())

    return float(np.exp(minimize_scalar(loss, bounds=(-4, 4), method="bounded").x))


def cross_entropies(found: np.ndarray, targets: np.ndarray, multi_label: bool) -> np.ndarray:
    """Return the cross-entropy of each row in nats, (n,), of probabilities (n, k) under targets (n, k)."""
    found = np.clip(found, 1e-12, 1 - 1e-12)
    losses = targets * np.log(found)
    if multi_label:
        losses = losses + (1 - targets) * np.log1p(-found)
    return -losses.sum(axis=1)


def fit_logistic(
    X: np.ndarray,
    targets: np.ndarray,
    C: float,
    multi_label: bool = False,
    weights: np.ndarray | None = None,
    start: np.ndarray | None = None,
    max_iter: int = 200,
) -> np.ndarray:
    """Return the coefficients of a logistic regression with soft targets, float64 (k, d + 1), the intercepts last.

    Minimises C * the weighted sum of the cross-entropies + half of the squared norm of the coefficients, as
    scikit-learn's LogisticRegression does, which takes neither soft targets nor several labels.

    Args:
        X: (n, d).
        targets: (n, k), the probability of each class.
        C: inverse strength of the regularisation.
        multi_label: whether each class is a yes or no of its own. Default False.
        weights: (n,) of the rows. Default None: 1.
        start: the coefficients to start from, for speed. Default None: zeros.
        max_iter: most iterations of L-BFGS. Default 200.
    """
    X = np.asarray(X, np.float64)
    k, d = targets.shape[1], X.shape[1]
    weights = np.ones(len(X)) if weights is None else weights
    strength = 1 / (C * weights.sum())
    weights = weights / weights.sum()

    def loss(flat: np.ndarray) -> tuple[float, np.ndarray]:
        W = flat.reshape(k, d + 1)
        scores = X @ W[:, :-1].T + W[:, -1]
        if multi_label:
            found = expit(scores)
            value = weights @ (np.logaddexp(0, scores) - targets * scores).sum(axis=1)
        else:
            logs = log_softmax(scores, axis=1)
            found = np.exp(logs)
            value = -weights @ (targets * logs).sum(axis=1)
        error = (found - targets) * weights[:, None]
        gradient = np.hstack([error.T @ X + strength * W[:, :-1], error.sum(axis=0)[:, None]])
        return value + strength * (W[:, :-1] ** 2).sum() / 2, gradient.ravel()

    begin = np.zeros(k * (d + 1)) if start is None else start.ravel()
    found = minimize(loss, begin, jac=True, method="L-BFGS-B", options={"maxiter": max_iter, "gtol": 1e-5})
    return found.x.reshape(k, d + 1)
