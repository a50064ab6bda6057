"""Blurring mean shift: rows move towards their neighbours, so that what lies dense comes to lie apart."""

import numpy as np
from scipy.sparse import csr_array
from sklearn.neighbors import NearestNeighbors

from textssl.clustering.rows import directions

# After two half steps groups are found as well as after UMAP; after three, large ones fall apart.
_STEPS = 2


def blur(rows: np.ndarray, neighbours: int) -> np.ndarray:
    """Return unit rows (n, d), float32, moved twice half of the way to the mean of their `neighbours` nearest others.

    Neighbours are those of the first places. Blurring mean shift (Fukunaga & Hostetler 1975) with a neighbourhood for
    a kernel: in hundreds of dimensions no width suits dense and thin regions alike.
    """
    neighbours = min(neighbours, len(rows) - 1)
    if neighbours < 1:
        return rows
    graph = NearestNeighbors(n_neighbors=neighbours, algorithm="brute").fit(rows).kneighbors_graph()
    means = csr_array(graph, dtype=np.float32) / np.float32(neighbours)
    for _ in range(_STEPS):
        rows = directions(rows + means @ rows)
    return rows
