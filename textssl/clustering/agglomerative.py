"""Agglomerative clustering: the closest groups are merged until k are left."""

import numpy as np
from scipy.cluster.hierarchy import linkage
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from sklearn.utils import check_random_state

from textssl.clustering.base import MOST_LEARNED, AnchorClusterer, require_clusters, require_distinct
from textssl.clustering.kmeans import lloyd
from textssl.estimators.validation import check_choice, check_whole

# A few iterations from random rows centre every micro-cluster.
_MICRO_ITER = 5


class Agglomerative(AnchorClusterer):
    """Agglomerative clustering of unit vectors by Ward's linkage (Ward 1963) or average linkage.

    Merging needs the distances of all pairs of rows, 16 n² bytes for n rows (1.6 GB for 10,000 rows). If more than
    `max_exact` rows are distinct, micro-clusters of k-means are merged instead, as in BIRCH (Zhang et al. 1996). Equal
    rows count as one.

    Each row belongs to the cluster of the most similar training row or micro-cluster. Every probability is 1 before
    calibration.

    Parameters:
        n_clusters: int, default 2. The number of clusters.
        linkage: "ward" or "average", default "ward". How the distance of two groups is measured.
        max_exact: int, default 12_000. The most distinct rows that are merged one by one.
        n_micro_clusters: int, default 4_000. The number of micro-clusters that replace more rows; at least
            `n_clusters`.
        max_samples: int, default 100_000. The most distinct rows that are learned from.
        random_state: int or None, default None. The seed.

    Attributes:
        anchors_: (m, d) float32, the distinct rows or the centres of the micro-clusters, of unit length.
        anchor_labels_: (m,) int32, their clusters.
        labels_, probabilities_, calibration_, notes_, n_features_in_: as in `Clusterer`.

    Example:
        >>> from textssl.clustering import Agglomerative
        >>> Agglomerative(2).fit_predict([[1, 0], [2, 0.1], [0, 1], [0.1, 3]]).shape
        (4,)
    """

    def __init__(
        self,
        n_clusters: int = 2,
        linkage: str = "ward",
        max_exact: int = 12_000,
        n_micro_clusters: int = 4_000,
        max_samples: int = MOST_LEARNED,
        random_state: int | None = None,
    ) -> None:
        self.n_clusters = n_clusters
        self.linkage = linkage
        self.max_exact = max_exact
        self.n_micro_clusters = n_micro_clusters
        self.max_samples = max_samples
        self.random_state = random_state

    def _check_parameters(self) -> None:
        for name in ("n_clusters", "max_exact", "n_micro_clusters"):
            check_whole(name, getattr(self, name), 1)
        check_choice("linkage", self.linkage, ("ward", "average"))

    def _learn(self, rows: np.ndarray, weights: np.ndarray) -> None:
        require_distinct(len(rows), self.n_clusters)
        self.anchors_ = rows
        if len(rows) > self.max_exact:
            self.anchors_ = self._micro_clusters(rows, weights)
        self.anchor_labels_ = _joined(self.anchors_, self.n_clusters, self.linkage)
        require_clusters(self._place(rows).labels, self.n_clusters)

    def _micro_clusters(self, rows: np.ndarray, weights: np.ndarray) -> np.ndarray:
        """Return the centres of k-means groups, few enough to be merged."""
        groups = min(len(rows), max(self.n_micro_clusters, self.n_clusters))
        start = rows[check_random_state(self.random_state).choice(len(rows), groups, replace=False)]
        self.notes_ += (f"{len(rows)} texts are too many for pairwise distances: {groups} micro-clusters were joined",)
        return lloyd(rows, weights, start, _MICRO_ITER).centres


def _joined(vectors: np.ndarray, k: int, method: str) -> np.ndarray:
    """Return labels (n,) of `k` groups of unit vectors (n, d)."""
    if len(vectors) == 1:
        return np.zeros(1, dtype=np.int32)
    distances = _pairwise(vectors)
    if method == "average":
        distances = distances**2 / 2  # for unit vectors: 1 - cosine
    n = len(vectors)
    merges = linkage(distances, method)[: n - k]  # scipy's fcluster gives fewer than k groups where distances tie
    parts, made = merges[:, :2].astype(np.intp).ravel(), np.repeat(n + np.arange(n - k), 2)
    graph = coo_array((np.ones(len(parts)), (parts, made)), shape=(2 * n, 2 * n))
    return np.unique(connected_components(graph, directed=False)[1][:n], return_inverse=True)[1].astype(np.int32)


def _pairwise(vectors: np.ndarray) -> np.ndarray:
    """Return the Euclidean distances of all pairs in scipy's condensed form, computed by matrix products."""
    n = len(vectors)
    vectors = vectors.astype(np.float64)
    squares = np.einsum("ij,ij->i", vectors, vectors)
    distances = np.empty(n * (n - 1) // 2)
    filled = 0
    for start in range(0, n, 256):
        block = slice(start, min(start + 256, n))
        products = vectors[block] @ vectors[start:].T
        between = np.sqrt(np.maximum(squares[block, None] + squares[start:] - 2 * products, 0))
        for row, line in enumerate(between):
            distances[filled : filled + n - start - row - 1] = line[row + 1 :]
            filled += n - start - row - 1
    return distances
