"""Blurring mean shift: rows move towards their neighbours, which separates dense regions."""

import numpy as np
from scipy.sparse import csr_array
from sklearn.neighbors import NearestNeighbors

from textssl.estimators.unit_vectors import normalized


def mean_shift(rows: np.ndarray, n_neighbors: int, n_shifts: int) -> np.ndarray:
    """Move each row halfway to the mean of its nearest neighbours, several times.

    The neighbours are those of the original positions. This is blurring mean shift (Fukunaga & Hostetler 1975) with
    the nearest neighbours as the kernel: in hundreds of dimensions, no bandwidth suits both dense and sparse regions.

    Args:
        rows: (n, d), of unit length.
        n_neighbors: the number of neighbours; more than n - 1 count as n - 1.
        n_shifts: the number of steps.

    Returns:
        (n, d) float32, of unit length.
    """
    n_neighbors = min(n_neighbors, len(rows) - 1)
    if n_neighbors < 1:
        return rows
    graph = NearestNeighbors(n_neighbors=n_neighbors, algorithm="brute").fit(rows).kneighbors_graph()
    means = csr_array(graph, dtype=np.float32) / np.float32(n_neighbors)
    for _ in range(n_shifts):
        rows = normalized(rows + means @ rows)
    return rows
