"""How typical each vector is: the density of the vectors around it."""

from typing import Any

import numpy as np
from sklearn.base import BaseEstimator

from textssl.clustering.checks import check_vectors, check_whole
from textssl.clustering.rows import blocks, unit_rows

# Density is measured against so many rows at most, so that its time grows with n and not with n².
MAX_REFERENCES = 20_000


def density(embeddings: Any, neighbours: int = 10, seed: int = 0) -> np.ndarray:
    """Return the mean cosine of each row to its `neighbours` nearest other rows: (n,) float32, higher is more typical.

    A nearest-neighbour density estimate (Loftsgaarden & Quesenberry 1965): in hundreds of dimensions a kernel
    estimate has no bandwidth that suits dense and thin regions alike. Of very many rows, 20,000 drawn with `seed`
    are the others. A row alone has density 0.

    Raises:
        VectorError: a DataError, if the embeddings are no matrix of finite numbers.
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
