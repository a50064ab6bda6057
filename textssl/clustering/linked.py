"""Small k-means groups joined by average linkage: clusters of uneven size."""

from typing import Any, Self

import numpy as np
from scipy.cluster.hierarchy import fcluster, linkage
from sklearn.utils import check_random_state

from textssl.clustering.base import Clusterer, hard_placement, require_clusters, require_distinct
from textssl.clustering.calibration import Placement
from textssl.clustering.checks import check_whole
from textssl.clustering.kmeans import SphericalKMeans
from textssl.clustering.margins import margin
from textssl.clustering.rows import directions, group_sums, most_similar, two_best

_SMALL_GROUPS = 3  # for each cluster asked for
_STARTS = 2
# The smallest cluster, as a share of the mean size: for clusters of very uneven or of like size.
_LEAST = (0.1, 0.5)


class LinkedKMeans(Clusterer):
    """K-means into three small groups for each cluster, which average linkage (Sokal & Michener 1958) joins by cosine.

    K-means errs least with clusters of one size: it cuts large ones and joins small ones. Linkage heeds only how near
    two groups lie, but of single rows it makes each outlier a cluster. So what is linked stands for many rows, and
    what stays below a tenth, or half, of the mean size is no cluster: it goes to the nearest. Of the two, the one with
    the wider margin is kept.
    A row belongs where the most similar small group does; memberships are hard: probability 1.

    Attributes:
        anchors_: (m, d) float32, the unit centres of the small groups.
        anchor_labels_: (m,) int32, their clusters.
    """

    STATE = (*Clusterer.STATE, "anchors_", "anchor_labels_")

    def __init__(self, n_clusters: int = 2, random_state: int | None = None) -> None:
        self.n_clusters = n_clusters
        self.random_state = random_state

    def fit(self, X: Any, y: Any = None, sample_weight: Any = None) -> Self:
        """Group the rows of `X` (n, d), each counted `sample_weight` (n,) times; see `Clusterer.fit`."""
        return self._fit(X, sample_weight)

    def _check_parameters(self) -> None:
        check_whole("n_clusters", self.n_clusters, 1)

    def _learn(self, rows: np.ndarray, masses: np.ndarray) -> None:
        require_distinct(len(rows), self.n_clusters)
        groups = min(_SMALL_GROUPS * self.n_clusters, len(rows))
        seed = check_random_state(self.random_state).randint(2**31)
        self.anchors_ = SphericalKMeans(groups, _STARTS, random_state=seed).climb(rows, masses).centres
        nearest, _ = most_similar(rows, self.anchors_)
        sizes = np.bincount(nearest, masses, groups)
        joined = [_joined(self.anchors_, sizes, self.n_clusters, least) for least in _LEAST]
        margins = [margin(rows, labels[nearest], masses) for labels in joined]
        self.anchor_labels_ = joined[int(np.argmax(margins))]
        require_clusters(self._place(rows).labels, self.n_clusters)

    def _place(self, rows: np.ndarray) -> Placement:
        return hard_placement(two_best(rows, self.anchors_, self.anchor_labels_), self.anchor_labels_)


def _joined(centres: np.ndarray, sizes: np.ndarray, k: int, least: float) -> np.ndarray:
    """Return the cluster, 0 to k - 1, of each centre (m, d), int32.

    The tree is cut into the fewest parts of which k hold `least` of the mean size; where it has so many nowhere, the
    k largest centres are clusters.
    """
    found, held = np.zeros(len(centres), dtype=int), sizes.sum(keepdims=True)
    merges = linkage(centres, "average", "sqeuclidean") if len(centres) > 1 else None
    for parts in range(k, len(centres) + 1) if k > 1 else ():
        found = fcluster(merges, parts, "maxclust") - 1
        held = np.bincount(found, sizes)
        if np.count_nonzero(held >= least * sizes.sum() / k) >= k:
            break
    large = np.argsort(-held, kind="stable")[:k]
    inside = np.flatnonzero(np.isin(found, large))
    number = np.empty(len(held), dtype=int)
    number[large] = np.arange(len(large))
    means = directions(group_sums(centres[inside], number[found[inside]], sizes[inside], len(large)))
    labels, _ = most_similar(centres, means)
    labels[inside] = number[found[inside]]
    return labels.astype(np.int32)
