"""Logistic regression on frozen vectors; cross-validation chooses the strength of the regularisation."""

from collections.abc import Sequence
from typing import Literal

import numpy as np

from textssl.classification.folds import folds
from textssl.classification.inputs import Fitted, Inputs
from textssl.classification.labels import is_labelled, targets
from textssl.classification.linear import LinearClassifier, cross_entropies, fit_logistic, probabilities
from textssl.estimators.validation import ParameterError, check_whole

_STRENGTHS = (0.1, 1.0, 10.0, 100.0, 1000.0)  # C that are compared; vectors have unit length


class LogisticHead(LinearClassifier):
    """Logistic regression: multinomial, or one per class if vectors have several.

    Parameters:
        C: float, inverse strength of the regularisation, or "auto": of 0.1, 1, 10, 100 and 1000 the one with the lowest
            cross-entropy in cross-validation. Default "auto".
        n_folds: int, parts of the labelled vectors in cross-validation. Default 5.
        random_state: int, seed of the folds. Default 0.

    Example:
        >>> from textssl.classification import LogisticHead
        >>> vectors, classes = [[0, 1], [0, 2], [3, 0], [4, 0], [5, 0]], [0, 0, 1, 1, -1]
        >>> LogisticHead().fit(vectors, classes).predict([[6, 0]])
        array([1])
    """

    def __init__(self, C: float | Literal["auto"] = "auto", n_folds: int = 5, random_state: int = 0) -> None:
        self.C = C
        self.n_folds = n_folds
        self.random_state = random_state

    def _learn(self, X: np.ndarray, y: np.ndarray) -> None:
        check_whole("n_folds", self.n_folds, 2)
        if self.C != "auto" and not (isinstance(self.C, int | float) and self.C > 0):
            raise ParameterError(f"C must be a number above 0 or 'auto', got {self.C!r}")
        rows = np.flatnonzero(is_labelled(y))
        X, y = X[rows], y[rows]
        self.C_ = self._chosen(X, y) if self.C == "auto" else float(self.C)
        strengths = [C for C in _STRENGTHS if C < self.C_] + [self.C_]
        found = _path(X, targets(y, len(self.classes_)), y.ndim == 2, strengths)[-1]
        self.coef_, self.intercept_ = found[:, :-1], found[:, -1]

    def _chosen(self, X: np.ndarray, y: np.ndarray) -> float:
        """Return the C with the lowest cross-entropy on vectors that were not learned from; 1 without folds."""
        wanted, several = targets(y, len(self.classes_)), y.ndim == 2
        losses = np.zeros(len(_STRENGTHS))
        for held_out in folds(y, self.n_folds, self.random_state):
            learned = np.setdiff1d(np.arange(len(X)), held_out)
            for place, W in enumerate(_path(X[learned], wanted[learned], several, _STRENGTHS)):
                found = probabilities(X[held_out] @ W[:, :-1].T + W[:, -1], several)
                losses[place] += cross_entropies(found, wanted[held_out], several).sum()
        return float(_STRENGTHS[losses.argmin()]) if losses.any() else 1.0


def fit(inputs: Inputs) -> Fitted:
    """Fit logistic regression to the vectors of the labelled texts; the encoder stays as it is."""
    head = LogisticHead(n_folds=inputs.settings.folds, random_state=inputs.seed)
    return Fitted(head.fit(inputs.vectors, inputs.y))


def _path(X: np.ndarray, wanted: np.ndarray, several: bool, strengths: Sequence[float]) -> list[np.ndarray]:
    """Return the coefficients at each C, ascending; each fit starts from the last."""
    path: list[np.ndarray] = []
    for C in strengths:
        path.append(fit_logistic(X, wanted, C, several, start=path[-1] if path else None))
    return path
