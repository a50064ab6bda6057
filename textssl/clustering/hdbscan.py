"""HDBSCAN in a reduced space, with an optional number of clusters."""

import numpy as np
from scipy.spatial import cKDTree

from textssl.clustering.base import Clusterer, require_distinct
from textssl.clustering.calibration import Placement
from textssl.clustering.condensed_tree import Regions, cut, noise_probabilities, point_densities, select
from textssl.clustering.mean_shift import mean_shift
from textssl.clustering.reduction import fit_reduction, reduce_rows
from textssl.estimators.unit_vectors import two_best
from textssl.estimators.validation import VectorError, check_choice, check_whole

# Rows count as equal if their cosine is at most this much below 1.
_ROUNDING = 1e-6


class ReducedHDBSCAN(Clusterer):
    """HDBSCAN (Campello, Moulavi & Sander 2013) after mean shift and PCA: dense regions are clusters, others noise.

    In hundreds of dimensions almost every point is an outlier, and reducing dimensions does not fix it, so rows first
    move towards their neighbours (`mean_shift`). After PCA, rows are scaled to unit length again. Otherwise rows of
    which PCA keeps little, texts on no particular subject, gather at the origin and connect all clusters.

    With ``n_clusters=None``, the density decides on the number of clusters. With a number, the most stable set of that
    many clusters in the condensed tree is selected; `min_cluster_size` is lowered if the tree has fewer. Equal rows
    count as one in the density.

    A new row gets the label of the most similar training row, including noise, and the probability of that row times
    the cosine of the two.

    Parameters:
        n_clusters: int or None, default None. The number of clusters; None = decided by the density.
        min_cluster_size: int or "auto", default "auto". The fewest rows in a cluster; "auto" is a quarter of the square
            root of the number of rows (`auto_size`).
        noise: "keep", "nearest" or "soft", default "keep". With "keep", noise has the label -1. With the others it
            joins the nearest cluster: "nearest" with probability 0, "soft" with a probability by its density
            (`noise_probabilities`).
        pca_dimensions: int, default 15. The dimensions that PCA keeps.
        n_neighbors: int, default 10. The neighbours that a row moves towards, at most `min_cluster_size` - 1.
        n_shifts: int, default 2. The steps of mean shift, each of half the distance. Two steps separate clusters as
            well as UMAP does; three split large clusters.
        max_samples: int, default 20_000. The most distinct rows that are learned from. More rows show smaller
            clusters, but their tree takes minutes.
        random_state: int or None, default None. The seed.

    Attributes:
        anchors_: (u, d) float32, the distinct training rows, of unit length.
        anchor_labels_: (u,) int32, their clusters, -1 for noise.
        anchor_probabilities_: (u,) float32, their probabilities.
        labels_, probabilities_, calibration_, notes_, n_features_in_: as in `Clusterer`.

    Example:
        >>> import numpy as np
        >>> from textssl.clustering import ReducedHDBSCAN
        >>> X = np.repeat(np.eye(2), 20, axis=0) + 0.1 * np.random.default_rng(0).normal(size=(40, 2))
        >>> labels = ReducedHDBSCAN(n_clusters=2, noise="nearest").fit_predict(X)
        >>> [len(set(half.tolist())) for half in np.split(labels, 2)]
        [1, 1]
    """

    STATE = (*Clusterer.STATE, "anchors_", "anchor_labels_", "anchor_probabilities_")

    def __init__(
        self,
        n_clusters: int | None = None,
        min_cluster_size: int | str = "auto",
        noise: str = "keep",
        pca_dimensions: int = 15,
        n_neighbors: int = 10,
        n_shifts: int = 2,
        max_samples: int = 20_000,
        random_state: int | None = None,
    ) -> None:
        self.n_clusters = n_clusters
        self.min_cluster_size = min_cluster_size
        self.noise = noise
        self.pca_dimensions = pca_dimensions
        self.n_neighbors = n_neighbors
        self.n_shifts = n_shifts
        self.max_samples = max_samples
        self.random_state = random_state

    def _check_parameters(self) -> None:
        if self.n_clusters is not None:
            check_whole("n_clusters", self.n_clusters, 1)
        if self.min_cluster_size != "auto":
            check_whole("min_cluster_size", self.min_cluster_size, 2)
        for name, low in (("pca_dimensions", 1), ("n_neighbors", 1), ("n_shifts", 0)):
            check_whole(name, getattr(self, name), low)
        check_choice("noise", self.noise, ("keep", "nearest", "soft"))

    def _sample(self, candidates: np.ndarray) -> np.ndarray:
        drawn = super()._sample(candidates)
        self._share = len(drawn) / len(candidates)
        return drawn

    def _learn(self, rows: np.ndarray, weights: np.ndarray) -> None:
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
            found.shares[outside] = noise_probabilities(found, outside, densities)
        self.anchor_labels_, self.anchor_probabilities_ = found.labels, found.shares

    def _place(self, rows: np.ndarray) -> Placement:
        best = two_best(rows, self.anchors_, self.anchor_labels_)
        nearest = self.anchors_[best.anchors]
        cosines = np.einsum("ij,ij->i", rows, nearest, dtype=np.float64)  # the same for a row alone
        cosines[cosines > 1 - _ROUNDING] = 1
        firmness = (self.anchor_probabilities_[best.anchors] * np.maximum(cosines, 0)).astype(np.float32)
        return Placement(self.anchor_labels_[best.anchors], best.seconds, firmness, firmness, np.zeros_like(firmness))

    def _reduced(self, rows: np.ndarray) -> np.ndarray:
        n_neighbors = min(self.n_neighbors, self._smallest(len(rows)) - 1)
        shifted = mean_shift(rows, n_neighbors, self.n_shifts)
        reduction = fit_reduction(shifted, self.pca_dimensions, self.random_state)
        if self.n_shifts:
            self.notes_ += (f"vectors moved towards their {n_neighbors} nearest (mean shift)",)
        self.notes_ += (reduction.note,)
        points = reduce_rows(shifted, reduction.components, reduction.offset)
        lengths = np.linalg.norm(points, axis=1, keepdims=True)
        return points / np.where(lengths > 0, lengths, 1)

    def _smallest(self, n: int) -> int:
        """Return the fewest rows in a cluster, out of the `n` rows that are learned from."""
        if self.min_cluster_size == "auto":
            return auto_size(n)
        return min(n, max(2, round(self._share * int(self.min_cluster_size))))

    def _dense_regions(self, points: np.ndarray) -> tuple[Regions, np.ndarray]:
        """Return the cluster of each point, and the density at which it leaves the tree; 0 without a tree."""
        n = len(points)
        size = self._smallest(n)
        if self.n_clusters == 1:
            return self._single(n, "one cluster was requested: it holds every text")
        if self.n_clusters is not None:
            return self._exactly(points, self.n_clusters, size)
        if n <= 2:
            return self._single(n, f"{n} distinct texts are too few for two clusters: one cluster")
        tree = fit_tree(points, size)
        found = select(tree, n)
        if found is None:
            return self._single(n, "density shows no two clusters: one cluster of all texts")
        self.notes_ += (f"a cluster has at least {self._texts(size)}",)
        return found, point_densities(tree, n)

    def _texts(self, size: int) -> str:
        return f"{size} texts" if self._share == 1 else f"{size} of the texts learned from"

    def _single(self, n: int, note: str) -> tuple[Regions, np.ndarray]:
        self.notes_ += (note,)
        return Regions(np.zeros(n, dtype=np.int32), np.ones(n, dtype=np.float32)), np.zeros(n)

    def _exactly(self, points: np.ndarray, k: int, size: int) -> tuple[Regions, np.ndarray]:
        """Return the `k` most stable clusters of at least `size` rows; `size` is lowered until there are that many."""
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
    """Return the "auto" `min_cluster_size` of `n` rows: a quarter of the square root of n; about 5 below 400 rows."""
    return max(2, min(5, n // 10), round(0.25 * n**0.5))


def fit_tree(points: np.ndarray, size: int) -> np.ndarray:
    """Return the condensed tree of the hdbscan package, whose dual-tree spanning tree scales to many points."""
    from hdbscan import HDBSCAN

    smoothing = min(5, size // 2, len(points) - 1)
    model = HDBSCAN(min_cluster_size=size, min_samples=smoothing, approx_min_span_tree=False, core_dist_n_jobs=1)
    return model.fit(points).condensed_tree_.to_numpy()
