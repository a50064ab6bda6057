"""How typical each vector is: the density around it."""

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import BaseEstimator

from textssl.clustering.unit_vectors import blocks, unit_rows
from textssl.clustering.validation import check_vectors, check_whole

# Density is measured against a sample of at most this many rows, so that time grows with n and not with n².
MAX_REFERENCES = 20_000


def density(embeddings: ArrayLike, neighbours: int = 10, seed: int = 0) -> np.ndarray:
    """Return the mean cosine of each row to its nearest other rows: (n,) float32, higher is more typical.

    A nearest-neighbour density estimate (Loftsgaarden & Quesenberry 1965): in hundreds of dimensions no bandwidth of a
    kernel estimate suits dense and sparse regions alike. A single row has density 0.

    Args:
        embeddings: any array of numbers, (n, d).
        neighbours: how many nearest other rows to average over.
        seed: draws the other rows, at most 20,000, to compare with.

    Raises:
        VectorError: a DataError, if the embeddings are not a matrix of finite numbers.
    """
    check_whole("neighbours", neighbours, 1)
    X = check_vectors(BaseEstimator(), embeddings, reset=True)
    rows = unit_rows(X, np.arange(len(X)))
    if len(rows) == 1:
        return np.zeros(1, dtype=np.float32)
    others = np.random.default_rng(seed).permutation(len(rows))[:MAX_REFERENCES]
    count = min(neighbours, len(others) - 1)
    means = np.empty(len(rows), dtype=np.float32)
    for block in blocks(len(rows), len(others)):
        cosines = rows[block] @ rows[others].T
        cosines[np.arange(block.start, block.stop)[:, None] == others] = -np.inf
        means[block] = np.partition(cosines, -count, axis=1)[:, -count:].mean(axis=1)
    return means
