"""Linked k-means: small k-means groups merged by average linkage, for clusters of uneven size."""

from typing import Self

import numpy as np
from numpy.typing import ArrayLike
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.spatial.distance import pdist
from sklearn.utils import check_random_state

from textssl.clustering.base import MOST_LEARNED, AnchorClusterer, require_clusters, require_distinct
from textssl.clustering.kmeans import SphericalKMeans
from textssl.estimators.simplified_silhouette import margin
from textssl.estimators.unit_vectors import group_sums, most_similar, normalized
from textssl.estimators.validation import ParameterError, check_fraction, check_whole


class LinkedKMeans(AnchorClusterer):
    """K-means into small groups, which average linkage (Sokal & Michener 1958) merges into clusters of any size.

    K-means works best if all clusters have the same size: it splits large ones and merges small ones. Linkage considers
    only the similarity of two groups, but with single rows it makes every outlier a cluster. Therefore k-means finds
    several small groups per cluster, and linkage merges them. A merged group smaller than a minimum share of the mean
    cluster size joins the most similar cluster. Several minimum shares are tried, and the one with the widest margin
    between clusters is kept.

    Each row belongs to the cluster of the most similar small group. Every probability is 1 before calibration.

    Parameters:
        n_clusters: int, default 2. The number of clusters.
        groups_per_cluster: int, default 3. The number of small groups per cluster.
        n_init: int, default 2. The number of runs of k-means; the best gives the small groups.
        min_shares: tuple of float, default (0.1, 0.5). The minimum sizes of a cluster to try, as shares of the mean
            size: 0.1 for clusters of very uneven size, 0.5 for clusters of similar size.
        max_samples: int, default 100_000. The most distinct rows that are learned from.
        random_state: int or None, default None. The seed.

    Attributes:
        anchors_: (m, d) float32, the centres of the small groups, of unit length.
        anchor_labels_: (m,) int32, their clusters.
        labels_, probabilities_, calibration_, notes_, n_features_in_: as in `Clusterer`.

    Example:
        >>> from textssl.clustering import LinkedKMeans
        >>> linked = LinkedKMeans(2, random_state=0).fit([[1, 0], [2, 0.1], [0, 1], [0.1, 3]])
        >>> bool(linked.labels_[0] == linked.labels_[1] != linked.labels_[2])
        True
    """

    def __init__(
        self,
        n_clusters: int = 2,
        groups_per_cluster: int = 3,
        n_init: int = 2,
        min_shares: tuple[float, ...] = (0.1, 0.5),
        max_samples: int = MOST_LEARNED,
        random_state: int | None = None,
    ) -> None:
        self.n_clusters = n_clusters
        self.groups_per_cluster = groups_per_cluster
        self.n_init = n_init
        self.min_shares = min_shares
        self.max_samples = max_samples
        self.random_state = random_state

    def fit(self, X: ArrayLike, y: object = None, sample_weight: ArrayLike | None = None) -> Self:
        """Compute the clusters of the rows of `X`.

        Args:
            X: (n, d), any array of numbers.
            y: ignored.
            sample_weight: (n,), how often each row counts; None = once.

        Returns:
            The fitted clusterer.

        Raises:
            VectorError: a DataError, if the vectors or weights are invalid or have too few distinct rows.
            ParameterError: a UsageError, if a parameter is out of range.
        """
        return self._fit(X, sample_weight)

    def _check_parameters(self) -> None:
        for name in ("n_clusters", "groups_per_cluster", "n_init"):
            check_whole(name, getattr(self, name), 1)
        if not self.min_shares:
            raise ParameterError("min_shares must hold at least one share of the mean cluster size, got none")
        for share in self.min_shares:
            check_fraction("min_shares", share)

    def _learn(self, rows: np.ndarray, weights: np.ndarray) -> None:
        require_distinct(len(rows), self.n_clusters)
        groups = min(self.groups_per_cluster * self.n_clusters, len(rows))
        seed = check_random_state(self.random_state).randint(2**31)
        self.anchors_ = SphericalKMeans(groups, self.n_init, random_state=seed).best_run(rows, weights).centres
        nearest, _ = most_similar(rows, self.anchors_)
        sizes = np.bincount(nearest, weights, groups)
        joined = [_joined(self.anchors_, sizes, self.n_clusters, share) for share in self.min_shares]
        margins = [margin(rows, labels[nearest], weights) for labels in joined]
        self.anchor_labels_ = joined[int(np.argmax(margins))]
        require_clusters(self._place(rows).labels, self.n_clusters)


def _joined(centres: np.ndarray, sizes: np.ndarray, k: int, min_share: float) -> np.ndarray:
    """Return the cluster of each centre (m, d), int32 (m,).

    The tree is cut into the fewest parts of which k have at least `min_share` of the mean size. If no cut has that
    many, the k largest groups are the clusters. Smaller parts join the most similar cluster.
    """
    found, held = np.zeros(len(centres), dtype=int), sizes.sum(keepdims=True)
    merges = linkage(pdist(centres, "sqeuclidean"), "average") if len(centres) > 1 else None
    for parts in range(k, len(centres) + 1) if k > 1 else ():
        found = fcluster(merges, parts, "maxclust") - 1
        held = np.bincount(found, sizes)
        if np.count_nonzero(held >= min_share * sizes.sum() / k) >= k:
            break
    large = np.argsort(-held, kind="stable")[:k]
    inside = np.flatnonzero(np.isin(found, large))
    number = np.empty(len(held), dtype=int)
    number[large] = np.arange(len(large))
    means = normalized(group_sums(centres[inside], number[found[inside]], sizes[inside], len(large)))
    labels, _ = most_similar(centres, means)
    labels[inside] = number[found[inside]]
    return labels.astype(np.int32)
