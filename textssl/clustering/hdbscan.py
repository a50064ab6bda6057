"""HDBSCAN in a reduced space, with a number of clusters that can be asked for."""

import numpy as np
from scipy.spatial import cKDTree

from textssl.clustering.base import Clusterer, require_distinct
from textssl.clustering.blurring import blur
from textssl.clustering.calibration import Placement
from textssl.clustering.checks import VectorError, check_choice, check_whole
from textssl.clustering.condensed import Regions, cut, point_densities, select, soften
from textssl.clustering.reduction import fit_reduction, reduce_rows
from textssl.clustering.rows import two_best

# Distinct rows that density is learned from: more show smaller groups, but their tree takes minutes.
_MOST_LEARNED = 20_000
# So many of a row's nearest others, or fewer than the smallest cluster has, say where it moves.
_NEIGHBOURS = 10
# A cosine that differs from 1 by less is that of two rows alike.
_ROUNDING = 1e-6


class ReducedHDBSCAN(Clusterer):
    """Clusters are dense regions, after `blur` and PCA (Campello, Moulavi & Sander 2013); rows in none are noise (-1).

    In hundreds of dimensions nearly all rows lie alone, and few dimensions alone do not mend that: so rows first move
    towards their neighbours. Reduced rows are brought to unit length again: else those that PCA keeps little of, texts
    of no subject in particular, heap up in the middle and bridge all groups.

    With ``n_clusters=None`` density alone says how many there are (`select`). With a number, the clusters are the most
    stable set of so many that the condensed tree holds; `min_cluster_size` is lowered where it holds fewer.
    A new row gets the label of the training row most similar to it, noise included, and that row's probability times
    their cosine.
    How often a row occurs does not count: density is that of the distinct rows.

    `noise` says what becomes of rows in no cluster: "keep" leaves them -1, "nearest" gives them the cluster of the
    nearest row that has one and probability 0, "soft" the same cluster and the probability that `soften` defines.

    Attributes:
        anchors_: (u, d) float32, the distinct training rows; with anchor_labels_ and anchor_probabilities_.
    """

    STATE = (*Clusterer.STATE, "anchors_", "anchor_labels_", "anchor_probabilities_")

    def __init__(
        self,
        n_clusters: int | None = None,
        min_cluster_size: int | str = "auto",
        noise: str = "keep",
        reduce: int = 15,
        random_state: int | None = None,
    ) -> None:
        self.n_clusters = n_clusters
        self.min_cluster_size = min_cluster_size
        self.noise = noise
        self.reduce = reduce
        self.random_state = random_state

    def _check_parameters(self) -> None:
        if self.n_clusters is not None:
            check_whole("n_clusters", self.n_clusters, 1)
        if self.min_cluster_size != "auto":
            check_whole("min_cluster_size", self.min_cluster_size, 2)
        check_whole("reduce", self.reduce, 1)
        check_choice("noise", self.noise, ("keep", "nearest", "soft"))

    def _most_learned(self) -> int:
        return _MOST_LEARNED

    def _drawn(self, kinds: np.ndarray) -> np.ndarray:
        drawn = super()._drawn(kinds)
        self._share = len(drawn) / len(kinds)
        return drawn

    def _learn(self, rows: np.ndarray, masses: np.ndarray) -> None:
        require_distinct(len(rows), self.n_clusters or 1)
        self.anchors_ = rows
        points = self._reduced(rows)
        found, densities = self._dense_regions(points)
        outside = found.labels < 0
        if self.noise != "keep" and outside.any():
            inside = np.flatnonzero(~outside)
            nearest = cKDTree(points[inside]).query(points[outside])[1]
            found.labels[outside] = found.labels[inside[nearest]]
            self.notes_ += (f"{outside.mean():.0%} of the distinct texts were noise and joined the nearest cluster",)
        if self.noise == "soft":
            soften(found, outside, densities)
        self.anchor_labels_, self.anchor_probabilities_ = found.labels, found.shares

    def _place(self, rows: np.ndarray) -> Placement:
        best = two_best(rows, self.anchors_, self.anchor_labels_)
        nearest = self.anchors_[best.anchors]
        cosines = np.einsum("ij,ij->i", rows, nearest, dtype=np.float64)  # the same for a row alone
        cosines[cosines > 1 - _ROUNDING] = 1
        firmness = (self.anchor_probabilities_[best.anchors] * np.maximum(cosines, 0)).astype(np.float32)
        return Placement(self.anchor_labels_[best.anchors], best.seconds, firmness, firmness, np.zeros_like(firmness))

    def _reduced(self, rows: np.ndarray) -> np.ndarray:
        neighbours = min(_NEIGHBOURS, self._smallest(len(rows)) - 1)
        blurred = blur(rows, neighbours)
        reduction = fit_reduction(blurred, self.reduce, self.random_state)
        self.notes_ += (f"vectors moved towards their {neighbours} nearest (mean shift)", reduction.note)
        points = reduce_rows(blurred, reduction.components, reduction.offset)
        lengths = np.linalg.norm(points, axis=1, keepdims=True)
        return points / np.where(lengths > 0, lengths, 1)

    def _smallest(self, n: int) -> int:
        """Return the fewest of the `n` rows learned from that make a cluster; they stand for all."""
        if self.min_cluster_size == "auto":
            return auto_size(n)
        return min(n, max(2, round(self._share * int(self.min_cluster_size))))

    def _dense_regions(self, points: np.ndarray) -> tuple[Regions, np.ndarray]:
        """Return the cluster of each point, and the density at which it leaves the tree (0 where no tree is cut)."""
        n = len(points)
        size = self._smallest(n)
        if self.n_clusters == 1:
            return self._single(n, "one cluster was asked for: every text is in it")
        if self.n_clusters is not None:
            return self._exactly(points, self.n_clusters, size)
        if n <= 2:
            return self._single(n, f"{n} distinct texts show no two groups: one cluster")
        tree = fit_tree(points, size)
        found = select(tree, n)
        if found is None:
            return self._single(n, "density shows no two groups: one cluster of all texts")
        self.notes_ += (f"a cluster has at least {self._texts(size)}",)
        return found, point_densities(tree, n)

    def _texts(self, size: int) -> str:
        return f"{size} texts" if self._share == 1 else f"{size} of the texts learned from"

    def _single(self, n: int, note: str) -> tuple[Regions, np.ndarray]:
        self.notes_ += (note,)
        return Regions(np.zeros(n, dtype=np.int32), np.ones(n, dtype=np.float32)), np.zeros(n)

    def _exactly(self, points: np.ndarray, k: int, size: int) -> tuple[Regions, np.ndarray]:
        """Return the most stable `k` clusters, of at least `size` rows or, where there are too few, of fewer."""
        while True:
            tree = fit_tree(points, size)
            found = cut(tree, len(points), k)
            if found is not None:
                self.notes_ += (f"the {k} most stable clusters of at least {self._texts(size)}",)
                return found, point_densities(tree, len(points))
            if size == 2:
                raise VectorError(
                    f"hdbscan finds fewer than {k} dense regions in {len(points)} distinct texts: ask for fewer "
                    "clusters, or use kmeans"
                )
            size = max(2, size // 2)


def auto_size(n: int) -> int:
    """Return the smallest cluster looked for among `n` rows: a quarter of the root of n, 5 or less below 400 rows."""
    return max(2, min(5, n // 10), round(0.25 * n**0.5))


def fit_tree(points: np.ndarray, size: int) -> np.ndarray:
    """Return the condensed tree of the hdbscan package, whose dual-tree minimum spanning tree scales to many points."""
    from hdbscan import HDBSCAN

    smoothing = min(5, size // 2, len(points) - 1)
    model = HDBSCAN(min_cluster_size=size, min_samples=smoothing, approx_min_span_tree=False, core_dist_n_jobs=1)
    return model.fit(points).condensed_tree_.to_numpy()
