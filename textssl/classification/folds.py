"""Parts of the labelled texts for cross-validation."""

from collections.abc import Iterator

import numpy as np

from textssl.classification.labels import is_labelled


def folds(y: np.ndarray, count: int, seed: int) -> Iterator[np.ndarray]:
    """Yield the rows of each fold: each class is spread evenly over them, in random order.

    The text of a class with one example is in no fold, as the class could not be learned from the others.

    Args:
        y: as in `Labels`.
        count: number of folds, at most.
        seed: of the order.
    """
    rng = np.random.default_rng([seed, 1])
    rows = np.flatnonzero(is_labelled(y))
    strata = rows * 0 if y.ndim == 2 else y[rows]
    place = np.full(len(rows), -1)
    following = 0
    for stratum in np.unique(strata):
        members = rng.permutation(np.flatnonzero(strata == stratum))
        if len(members) > 1:
            place[members] = (following + np.arange(len(members))) % count
            following += len(members)
    for fold in range(count):
        if (place == fold).any():
            yield rows[place == fold]
