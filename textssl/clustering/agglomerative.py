"""Agglomerative clustering: the closest groups are joined until k are left."""

import numpy as np
from scipy.cluster.hierarchy import linkage
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from sklearn.utils import check_random_state

from textssl.clustering.base import Clusterer, hard_placement, require_clusters, require_distinct
from textssl.clustering.calibration import Placement
from textssl.clustering.checks import check_choice, check_whole
from textssl.clustering.kmeans import micro_clusters
from textssl.clustering.rows import two_best

# Above so many distinct rows, so many small k-means groups are joined instead.
MICRO_CLUSTERS = 4000


class Agglomerative(Clusterer):
    """Ward's linkage (Ward 1963), or average linkage, of unit vectors.

    All pairwise distances of n rows take 16 n² bytes while they are joined (1.6 GB for 10,000 rows); above
    `max_exact` distinct rows, 4,000 k-means micro-clusters are joined instead, as in BIRCH (Zhang et al. 1996).
    A row gets the label of the most similar training row (or micro-cluster); memberships are hard: probability 1.

    Attributes:
        anchors_: (m, d) float32, the distinct unit rows or the centres of the micro-clusters.
        anchor_labels_: (m,) int32, their clusters.
    """

    STATE = (*Clusterer.STATE, "anchors_", "anchor_labels_")

    def __init__(
        self, n_clusters: int = 2, linkage: str = "ward", max_exact: int = 12_000, random_state: int | None = None
    ) -> None:
        self.n_clusters = n_clusters
        self.linkage = linkage
        self.max_exact = max_exact
        self.random_state = random_state

    def _check_parameters(self) -> None:
        check_whole("n_clusters", self.n_clusters, 1)
        check_whole("max_exact", self.max_exact, 1)
        check_choice("linkage", self.linkage, ("ward", "average"))

    def _learn(self, rows: np.ndarray, masses: np.ndarray) -> None:
        require_distinct(len(rows), self.n_clusters)
        self.anchors_ = rows
        if len(rows) > self.max_exact:
            groups = max(MICRO_CLUSTERS, self.n_clusters)
            self.anchors_ = micro_clusters(rows, masses, groups, check_random_state(self.random_state))
            self.notes_ += (f"{len(rows)} texts are too many to compare in pairs: {groups} micro-clusters were joined",)
        self.anchor_labels_ = _joined(self.anchors_, self.n_clusters, self.linkage)
        require_clusters(self._place(rows).labels, self.n_clusters)

    def _place(self, rows: np.ndarray) -> Placement:
        return hard_placement(two_best(rows, self.anchors_, self.anchor_labels_), self.anchor_labels_)


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
    """Return the Euclidean distances of all pairs in scipy's condensed order, by matrix products."""
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
