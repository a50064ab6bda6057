"""A mixture of von Mises-Fisher distributions: soft clusters of vectors by direction, of any size."""

from typing import Literal, NamedTuple, Self

import numpy as np
from numpy.typing import ArrayLike
from sklearn.utils import check_random_state

from textssl.clustering.base import (
    MOST_LEARNED,
    Clusterer,
    CosineTransformer,
    SoftClusterer,
    require_clusters,
    require_distinct,
)
from textssl.clustering.kmeans import SphericalKMeans
from textssl.clustering.linked import LinkedKMeans
from textssl.clustering.unit_vectors import blocks, group_sums, normalized
from textssl.clustering.validation import check_choice, check_positive, check_whole


class VonMisesFisherMixture(CosineTransformer, SoftClusterer):
    """A mixture of von Mises-Fisher distributions of one concentration (movMF, Banerjee et al. 2005).

    K-means prefers clusters of the same size, linked k-means single rows far from all others. Expectation-maximisation
    from their clusters mends both: a cluster has a weight, its share of the rows, and a row between two clusters counts
    for both. EM stops before a cluster would lose its last row, so that every cluster holds rows.

    Parameters:
        n_clusters: int, default 2. The number of clusters.
        init: "kmeans" or "linked_kmeans", default "kmeans". The clusterer from whose clusters EM starts.
        n_init: int, default 30. The number of runs of k-means, with init "kmeans".
        concentration: float, default 15.0. The concentration of the distributions; higher values give more certain
            clusters. It is not estimated: in many dimensions its estimate is so high that the weights do not count.
        max_iter: int, default 30. The most EM iterations.
        max_samples: int, default 100_000. The most distinct rows that are learned from.
        random_state: int or None, default None. The seed.

    Attributes:
        cluster_centers_: (n_clusters, d) float32, the mean directions, of unit length.
        offsets_: (n_clusters,) float32, the log weights of the clusters.
        n_iter_: int, the number of EM iterations.
        labels_, probabilities_, calibration_, notes_, n_features_in_: as in `Clusterer`.

    Example:
        >>> from textssl.clustering import VonMisesFisherMixture
        >>> mixture = VonMisesFisherMixture(2, random_state=0).fit([[1, 0], [2, 0.1], [0, 1], [0.1, 3]])
        >>> bool(mixture.labels_[0] == mixture.labels_[1] != mixture.labels_[2])
        True
        >>> mixture.predict_proba([[3, 4]]).shape
        (1, 2)
    """

    STATE = (*Clusterer.STATE, "cluster_centers_", "offsets_")

    def __init__(
        self,
        n_clusters: int = 2,
        init: Literal["kmeans", "linked_kmeans"] = "kmeans",
        n_init: int = 30,
        concentration: float = 15.0,
        max_iter: int = 30,
        max_samples: int = MOST_LEARNED,
        random_state: int | None = None,
    ) -> None:
        self.n_clusters = n_clusters
        self.init = init
        self.n_init = n_init
        self.concentration = concentration
        self.max_iter = max_iter
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
        for name in ("n_clusters", "n_init", "max_iter"):
            check_whole(name, getattr(self, name), 1)
        check_positive("concentration", self.concentration)
        check_choice("init", self.init, ("kmeans", "linked_kmeans"))

    def _learn(self, rows: np.ndarray, weights: np.ndarray) -> None:
        require_distinct(len(rows), self.n_clusters)
        seed = check_random_state(self.random_state).randint(2**31)
        start = (
            LinkedKMeans(self.n_clusters, max_samples=len(rows), random_state=seed)
            if self.init == "linked_kmeans"
            else SphericalKMeans(self.n_clusters, self.n_init, max_samples=len(rows), random_state=seed)
        )
        labels = start.fit(rows, sample_weight=weights).labels_
        centres = normalized(group_sums(rows, labels, weights, self.n_clusters))
        current, self.n_iter_ = _Components(centres, np.full(self.n_clusters, 1 / self.n_clusters)), 0
        while self.n_iter_ < self.max_iter:
            following = current.updated(rows, weights, self.concentration)
            if len(np.unique(following.labels(rows, self.concentration))) < self.n_clusters:
                break
            current, self.n_iter_ = following, self.n_iter_ + 1
        self.cluster_centers_, self.offsets_ = current.centres, np.log(current.shares).astype(np.float32)
        require_clusters(self._place(rows).labels, self.n_clusters)

    def _anchors(self) -> tuple[np.ndarray, np.ndarray]:
        return self.cluster_centers_, np.arange(self._n_clusters())

    def _n_clusters(self) -> int:
        return len(self.cluster_centers_)

    def _likelihoods(self, rows: np.ndarray) -> np.ndarray:
        return _likelihoods(rows, self.cluster_centers_, self.offsets_, self.concentration)


class _Components(NamedTuple):
    """The mean directions (k, d) of a mixture, and the shares (k,) of the rows that they account for."""

    centres: np.ndarray
    shares: np.ndarray

    def updated(self, rows: np.ndarray, weights: np.ndarray, concentration: float) -> "_Components":
        """Return the components after one iteration of EM."""
        sums, counts = np.zeros(self.centres.shape), np.zeros(len(self.centres))
        for block in blocks(len(rows), len(self.centres)):
            likelihoods = _likelihoods(rows[block], self.centres, np.log(self.shares), concentration)
            members = likelihoods * (weights[block] / likelihoods.sum(axis=1))[:, None]
            sums += members.T @ rows[block]
            counts += members.sum(axis=0)
        return _Components(normalized(sums), np.maximum(counts / counts.sum(), np.finfo(np.float32).tiny))

    def labels(self, rows: np.ndarray, concentration: float) -> np.ndarray:
        """Return the most likely component of each row, (n,)."""
        offsets = np.log(self.shares).astype(np.float32)
        parts = [
            (concentration * (rows[block] @ self.centres.T) + offsets).argmax(axis=1)
            for block in blocks(len(rows), len(self.centres))
        ]
        return np.concatenate(parts)


def _likelihoods(rows: np.ndarray, centres: np.ndarray, offsets: np.ndarray, concentration: float) -> np.ndarray:
    """Return the likelihood of each component for each row, (n, k), up to a factor per row."""
    scores = concentration * (rows @ centres.T) + offsets.astype(np.float32)
    return np.exp(scores - scores.max(axis=1, keepdims=True))
