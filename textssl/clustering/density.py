"""How typical each vector is: the density of the vectors around it."""

from typing import Any

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.neighbors import NearestNeighbors

from textssl.clustering.checks import check_vectors, check_whole
from textssl.clustering.rows import unit_rows

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
    index = NearestNeighbors(n_neighbors=count + 1, metric="cosine", algorithm="brute").fit(rows[others])
    distances, nearest = index.kneighbors(rows)
    left_out = others[nearest] == np.arange(len(rows))[:, None]
    left_out[~left_out.any(axis=1), -1] = True
    return np.float32(1 - np.where(left_out, 0, distances).sum(axis=1) / count)
