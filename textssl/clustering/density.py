"""The density around each vector: how typical it is."""

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import BaseEstimator

from textssl.estimators.unit_vectors import blocks, unit_rows
from textssl.estimators.validation import check_vectors, check_whole


def density(embeddings: ArrayLike, neighbours: int = 10, seed: int = 0, max_references: int = 20_000) -> np.ndarray:
    """Return the mean cosine of each row to its nearest neighbours.

    This is a nearest-neighbour density estimate (Loftsgaarden & Quesenberry 1965). In hundreds of dimensions, no
    bandwidth of a kernel density estimate suits both dense and sparse regions.

    Args:
        embeddings: (n, d), any array of numbers.
        neighbours: the number of nearest other rows to average over.
        seed: the random seed of the references.
        max_references: the neighbours are searched in a random sample of at most this many rows, so that time grows
            with n and not with n².

    Returns:
        (n,) float32 in [-1, 1], higher for more typical rows; 0 for a single row.

    Raises:
        VectorError: a DataError, if the embeddings are not a matrix of finite numbers.
        ParameterError: a UsageError, if `neighbours` or `max_references` is out of range.
    """
    check_whole("neighbours", neighbours, 1)
    check_whole("max_references", max_references, 2)
    X = check_vectors(BaseEstimator(), embeddings, reset=True)
    rows = unit_rows(X, np.arange(len(X)))
    if len(rows) == 1:
        return np.zeros(1, dtype=np.float32)
    others = np.random.default_rng(seed).permutation(len(rows))[:max_references]
    count = min(neighbours, len(others) - 1)
    means = np.empty(len(rows), dtype=np.float32)
    for block in blocks(len(rows), len(others)):
        cosines = rows[block] @ rows[others].T
        cosines[np.arange(block.start, block.stop)[:, None] == others] = -np.inf
        means[block] = np.partition(cosines, -count, axis=1)[:, -count:].mean(axis=1)
    return means
