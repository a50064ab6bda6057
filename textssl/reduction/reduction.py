"""`reduce`: reduce vectors as the settings say."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from textssl.reduction.base import Reducer
from textssl.reduction.registry import entry_of
from textssl.reduction.settings import ReductionSettings


@dataclass(frozen=True)
class Reduction:
    """Reduced vectors and how they were reduced.

    Attributes:
        vectors: (n, dimensions) float32.
        reducer: the fitted reducer, whose `transform` places new vectors.
    """

    vectors: np.ndarray
    reducer: Reducer


def reduce(
    vectors: ArrayLike, dimensions: int = 2, settings: ReductionSettings | None = None, seed: int = 0
) -> Reduction:
    """Reduce vectors to fewer dimensions.

    Args:
        vectors: (n, d), any array of numbers.
        dimensions: the number of dimensions to reduce to. Default 2.
        settings: the method and its settings; None = the defaults.
        seed: the random seed.

    Returns:
        The reduced vectors and the fitted reducer.

    Raises:
        DataError: if the vectors are invalid, or too few of them are distinct.
        UsageError: if the method cannot make so many dimensions, or its extra is not installed.
    """
    reducer = make_reducer(settings or ReductionSettings(), dimensions, seed)
    return Reduction(reducer.fit_transform(vectors), reducer)


def make_reducer(settings: ReductionSettings, dimensions: int, seed: int) -> Reducer:
    """Return the unfitted reducer of the settings.

    Raises:
        UsageError: if its extra is not installed.
    """
    entry = entry_of(settings.method)
    reducer = entry.estimator(n_components=dimensions, random_state=seed)
    reducer.set_params(**{name: getattr(settings, name) for name in entry.settings})
    return reducer if settings.max_samples == "auto" else reducer.set_params(max_samples=settings.max_samples)
