"""Validation of vectors, weights and parameters. The errors are also ValueErrors, as scikit-learn's tools expect."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from sklearn.utils.validation import validate_data

from textssl.errors import DataError, UsageError


class VectorError(DataError, ValueError):
    """The vectors or their weights are invalid, or cannot be used as requested."""


class ParameterError(UsageError, ValueError):
    """A parameter of an estimator is out of range."""


def check_vectors(estimator: Any, X: Any, reset: bool) -> np.ndarray:
    """Return `X` as a float32 matrix (n, d), without a copy if it already is one.

    Args:
        estimator: its ``n_features_in_`` is set or compared.
        X: any array of numbers.
        reset: whether to set ``n_features_in_`` to d; otherwise d must equal it.

    Raises:
        VectorError: if `X` is not a matrix of finite numbers, or has another number of dimensions than in `fit`.
    """
    try:
        shape = X.shape if hasattr(X, "shape") else np.asarray(X).shape
        if len(shape) != 2:
            raise ValueError(f"vectors have shape {shape}, expected (rows, dimensions). Reshape your data")
        with np.errstate(over="ignore"):  # an overflow becomes infinite and is reported below
            X = validate_data(estimator, X, reset=reset, dtype=np.float32, order="C", ensure_all_finite=False)
    except ValueError as error:
        raise VectorError(" ".join(str(error).split())) from None
    for start in range(0, len(X), 65536):
        finite = np.isfinite(X[start : start + 65536]).all(axis=1)
        if not finite.all():
            row = start + int(np.argmin(finite))
            raise VectorError(f"row {row} of the vectors holds NaN or inf, expected finite numbers: remove it")
    return X


def check_weights(weights: ArrayLike | None, n: int) -> np.ndarray:
    """Return `weights` as float64 (n,); None = 1 for every row.

    Raises:
        VectorError: if they are not one finite number >= 0 per row, or all are 0.
    """
    if weights is None:
        return np.ones(n)
    weights = np.asarray(weights, dtype=np.float64)
    if weights.shape != (n,):
        raise VectorError(f"weights have shape {weights.shape}, expected one per row: ({n},)")
    if not np.isfinite(weights).all() or weights.min() < 0:
        raise VectorError("weights must be finite and >= 0: pass how often each text occurs")
    if weights.max() == 0:
        raise VectorError("all weights are zero: at least one must be > 0")
    return weights


def check_whole(name: str, value: Any, low: int) -> None:
    """Raise ParameterError unless `value` is a whole number of at least `low`."""
    if not isinstance(value, int | np.integer) or isinstance(value, bool) or value < low:
        raise ParameterError(f"{name} must be a whole number >= {low}, got {value!r}")


def check_choice(name: str, value: Any, choices: tuple[str, ...]) -> None:
    """Raise ParameterError unless `value` is one of `choices`."""
    if value not in choices:
        raise ParameterError(f"{name} must be one of {', '.join(choices)}, got {value!r}")


def check_fraction(name: str, value: Any) -> None:
    """Raise ParameterError unless `value` is a number from 0 to 1."""
    if not isinstance(value, int | float | np.number) or isinstance(value, bool) or not 0 <= value <= 1:
        raise ParameterError(f"{name} must be a number from 0 to 1, got {value!r}")
