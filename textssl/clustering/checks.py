"""What may enter a clusterer. The errors are scikit-learn's ValueErrors too, so that its tools can catch them."""

from typing import Any

import numpy as np
from sklearn.utils.validation import validate_data

from textssl.errors import DataError, UsageError


class VectorError(DataError, ValueError):
    """Vectors, or their weights, that cannot be grouped."""


class ParameterError(UsageError, ValueError):
    """A parameter of a clusterer that is out of its range."""


def check_vectors(estimator: Any, X: Any, reset: bool) -> np.ndarray:
    """Return `X` as a float32 matrix (n, d), not copied if it is one already; `reset` notes d, else d must fit.

    Raises:
        VectorError: if it is no matrix of finite numbers, or not as wide as the one that was fitted.
    """
    try:
        shape = X.shape if hasattr(X, "shape") else np.asarray(X).shape
        if len(shape) != 2:
            raise ValueError(f"vectors have shape {shape}, expected (rows, dimensions). Reshape your data")
        with np.errstate(over="ignore"):  # what overflows becomes infinite, and is named below
            X = validate_data(estimator, X, reset=reset, dtype=np.float32, order="C", ensure_all_finite=False)
    except ValueError as error:
        raise VectorError(" ".join(str(error).split())) from None
    for start in range(0, len(X), 65536):
        finite = np.isfinite(X[start : start + 65536]).all(axis=1)
        if not finite.all():
            row = start + int(np.argmin(finite))
            raise VectorError(f"row {row} of the vectors holds NaN or inf, expected finite numbers: leave it out")
    return X


def check_weights(weights: Any, n: int) -> np.ndarray:
    """Return `weights` as float64 (n,); None weighs every row 1.

    Raises:
        VectorError: if they are not one finite number >= 0 a row, or all are 0.
    """
    if weights is None:
        return np.ones(n)
    weights = np.asarray(weights, dtype=np.float64)
    if weights.shape != (n,):
        raise VectorError(f"weights have shape {weights.shape}, expected one a row: ({n},)")
    if not np.isfinite(weights).all() or weights.min() < 0:
        raise VectorError("weights must be finite and >= 0: give how often each text occurs")
    if weights.max() == 0:
        raise VectorError("all weights are zero: one at least must be > 0")
    return weights


def check_whole(name: str, value: Any, low: int) -> None:
    """Raise ParameterError unless `value` is a whole number of at least `low`."""
    if not isinstance(value, int | np.integer) or isinstance(value, bool) or value < low:
        raise ParameterError(f"{name} must be a whole number >= {low}, got {value!r}")


def check_choice(name: str, value: Any, choices: tuple[str, ...]) -> None:
    """Raise ParameterError unless `value` is one of `choices`."""
    if value not in choices:
        raise ParameterError(f"{name} must be one of {', '.join(choices)}, got {value!r}")
