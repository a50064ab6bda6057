"""Blurring mean shift: rows move towards their neighbours, which separates dense regions."""

import numpy as np
from scipy.sparse import csr_array
from sklearn.neighbors import NearestNeighbors

from textssl.clustering.unit_vectors import normalized


def mean_shift(rows: np.ndarray, n_neighbors: int, n_shifts: int) -> np.ndarray:
    """Move each row half of the way to the mean of its nearest other rows, several times.

    The neighbours are those of the original positions. This is blurring mean shift (Fukunaga & Hostetler 1975) with a
    neighbourhood as the kernel: in hundreds of dimensions no bandwidth suits dense and sparse regions alike.

    Args:
        rows: (n, d) of unit length.
        n_neighbors: how many other rows each row moves towards, at most n - 1.
        n_shifts: how many times the rows move.

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
