"""Spherical k-means, and its mini-batch form for millions of vectors."""

from typing import NamedTuple, Self

import numpy as np
from numpy.typing import ArrayLike
from sklearn.cluster import MiniBatchKMeans, kmeans_plusplus
from sklearn.utils import check_random_state

from textssl.clustering.base import (
    MOST_LEARNED,
    Clusterer,
    CosineTransformer,
    SoftClusterer,
    require_clusters,
    require_distinct,
)
from textssl.estimators.unit_vectors import group_sums, most_similar, normalized
from textssl.estimators.validation import check_fraction, check_whole

# With more than this many times the rows of the sample, the finalists compete on a sample of half as many.
_MANY_SAMPLES = 10


class SphericalKMeans(CosineTransformer, SoftClusterer):
    """K-means with the cosine as the metric (spherical k-means, Dhillon & Modha 2001).

    The centres are unit vectors that maximise the sum of the cosines of the rows to their centres. Runs start from
    k-means++ centres (Arthur & Vassilvitskii 2007). Many runs on a sample of the rows find a better optimum than a few
    on all rows, so all runs use a sample first, and the best of them continue on all rows. Probabilities are those of a
    mixture of von Mises-Fisher distributions around the centres, with equal concentrations (Banerjee et al. 2005).

    The same seed always gives the same result, bit by bit. The sums of scikit-learn's KMeans depend on the order in
    which its threads finish.

    Parameters:
        n_clusters: int, default 2. The number of clusters.
        n_init: int, default 30. The number of runs from different initial centres; the best is kept.
        max_iter: int, default 300. The most iterations of a run.
        tol: float, default 1e-5. A run stops when an iteration raises the sum of cosines by at most this share of it.
            Another run may gain more than further iterations.
        init_size: int, default 5_000. The size of the sample that all runs use first.
        init_size_per_cluster: int, default 50. The sample has at least this many rows per cluster.
        n_finalists: int, default 3. The number of best runs that continue beyond the sample.
        max_samples: int, default 100_000. The most distinct rows that are learned from.
        max_samples_per_cluster: int, default 1_000. This many rows per cluster are learned from if that is more
            than `max_samples`: the variance of a centre is then a thousandth of that of its rows.
        random_state: int or None, default None. The seed.

    Attributes:
        cluster_centers_: (n_clusters, d) float32, the centres, of unit length.
        concentration_: (1,) float32, the concentration of the von Mises-Fisher distributions.
        n_iter_: int, the number of iterations of the best run on all rows.
        labels_, probabilities_, calibration_, notes_, n_features_in_: as in `Clusterer`.

    Example:
        >>> from textssl.clustering import SphericalKMeans
        >>> kmeans = SphericalKMeans(2, random_state=0).fit([[1, 0], [2, 0.1], [0, 1], [0.1, 3]])
        >>> bool(kmeans.labels_[0] == kmeans.labels_[1] != kmeans.labels_[2])
        True
        >>> kmeans.transform([[3, 4]]).shape
        (1, 2)
    """

    STATE = (*Clusterer.STATE, "cluster_centers_", "concentration_")

    def __init__(
        self,
        n_clusters: int = 2,
        n_init: int = 30,
        max_iter: int = 300,
        tol: float = 1e-5,
        init_size: int = 5_000,
        init_size_per_cluster: int = 50,
        n_finalists: int = 3,
        max_samples: int = MOST_LEARNED,
        max_samples_per_cluster: int = 1_000,
        random_state: int | None = None,
    ) -> None:
        self.n_clusters = n_clusters
        self.n_init = n_init
        self.max_iter = max_iter
        self.tol = tol
        self.init_size = init_size
        self.init_size_per_cluster = init_size_per_cluster
        self.n_finalists = n_finalists
        self.max_samples = max_samples
        self.max_samples_per_cluster = max_samples_per_cluster
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

    def best_run(self, rows: np.ndarray, weights: np.ndarray) -> "Run":
        """Return the run with the highest sum of cosines; some centres may be equal.

        Args:
            rows: (n, d) rows of unit length.
            weights: (n,) how often each row counts."""
        return max(self._runs(rows, weights), key=lambda run: run.score)

    def _check_parameters(self) -> None:
        whole = ("n_clusters", "n_init", "max_iter", "init_size", "n_finalists")
        for name in (*whole, "init_size_per_cluster", "max_samples_per_cluster"):
            check_whole(name, getattr(self, name), 1)
        check_fraction("tol", self.tol)

    def _sample_size(self) -> int:
        return max(self.max_samples, self.max_samples_per_cluster * self.n_clusters)

    def _learn(self, rows: np.ndarray, weights: np.ndarray) -> None:
        require_distinct(len(rows), self.n_clusters)
        best = self.best_run(rows, weights)
        self.cluster_centers_, self.n_iter_ = best.centres, best.n_iter
        self.concentration_ = _concentration(best.score / weights.sum(), rows.shape[1])
        require_clusters(self._place(rows).labels, self.n_clusters)

    def _runs(self, rows: np.ndarray, weights: np.ndarray) -> "list[Run]":
        """Run from all initial centres on a sample, and continue the best runs on all rows.

        With very many rows, the finalists continue on a larger sample, and only the best of them on all rows.
        """
        random = check_random_state(self.random_state)
        size = min(len(rows), max(self.init_size, self.init_size_per_cluster * self.n_clusters))
        some, their_weights = _sample(rows, weights, size, random)
        exact = some.astype(np.float64)  # which scikit-learn would convert the rows to each time
        starts = (
            kmeans_plusplus(exact, self.n_clusters, sample_weight=their_weights, random_state=random)[0]
            for _ in range(self.n_init)
        )
        runs = [self._run(some, their_weights, start) for start in starts]
        if size == len(rows):
            return runs
        runs = sorted(runs, key=lambda run: run.score)[-self.n_finalists :]
        if len(rows) > _MANY_SAMPLES * size:
            some, their_weights = _sample(rows, weights, _MANY_SAMPLES * size // 2, random)
            runs = [max((self._run(some, their_weights, run.centres) for run in runs), key=lambda run: run.score)]
        return [self._run(rows, weights, run.centres) for run in runs]

    def _run(self, rows: np.ndarray, weights: np.ndarray, start: np.ndarray) -> "Run":
        return lloyd(rows, weights, start, self.max_iter, self.tol)

    def _anchors(self) -> tuple[np.ndarray, np.ndarray]:
        return self.cluster_centers_, np.arange(self._n_clusters())

    def _n_clusters(self) -> int:
        return len(self.cluster_centers_)

    def _likelihoods(self, rows: np.ndarray) -> np.ndarray:
        scores = self.concentration_ * (rows @ self.cluster_centers_.T)
        return np.exp(scores - scores.max(axis=1, keepdims=True))


class MiniBatchSphericalKMeans(SphericalKMeans):
    """Spherical k-means with mini-batches (Sculley 2010), for very many vectors.

    A few iterations over all rows follow, which re-centre every cluster. Probabilities are as in `SphericalKMeans`.

    Parameters:
        n_clusters: int, default 2. The number of clusters.
        batch_size: int, default 4_096. The number of rows in a batch.
        n_init: int, default 3. The number of k-means++ initialisations; the best is trained.
        max_iter: int, default 100. The most passes over all rows in batches.
        final_iter: int, default 5. The most iterations over all rows after the batches.
        tol: float, default 1e-5. They stop when one raises the sum of cosines by at most this share of it.
        max_samples: int, default 100_000. The most distinct rows that are learned from.
        max_samples_per_cluster: int, default 1_000. This many rows per cluster are learned from if that is more
            than `max_samples`.
        random_state: int or None, default None. The seed.

    Attributes:
        cluster_centers_, concentration_: as in `SphericalKMeans`.
        n_iter_: int, the number of iterations over all rows after the batches.
        labels_, probabilities_, calibration_, notes_, n_features_in_: as in `Clusterer`.

    Example:
        >>> from textssl.clustering import MiniBatchSphericalKMeans
        >>> kmeans = MiniBatchSphericalKMeans(2, random_state=0).fit([[1, 0], [2, 0.1], [0, 1], [0.1, 3]])
        >>> bool(kmeans.labels_[0] == kmeans.labels_[1] != kmeans.labels_[2])
        True
    """

    def __init__(
        self,
        n_clusters: int = 2,
        batch_size: int = 4_096,
        n_init: int = 3,
        max_iter: int = 100,
        final_iter: int = 5,
        tol: float = 1e-5,
        max_samples: int = MOST_LEARNED,
        max_samples_per_cluster: int = 1_000,
        random_state: int | None = None,
    ) -> None:
        self.n_clusters = n_clusters
        self.batch_size = batch_size
        self.n_init = n_init
        self.max_iter = max_iter
        self.final_iter = final_iter
        self.tol = tol
        self.max_samples = max_samples
        self.max_samples_per_cluster = max_samples_per_cluster
        self.random_state = random_state

    def _check_parameters(self) -> None:
        for name in ("n_clusters", "batch_size", "n_init", "max_iter", "final_iter", "max_samples_per_cluster"):
            check_whole(name, getattr(self, name), 1)
        check_fraction("tol", self.tol)

    def _runs(self, rows: np.ndarray, weights: np.ndarray) -> "list[Run]":
        batches = MiniBatchKMeans(
            self.n_clusters,
            batch_size=self.batch_size,
            max_iter=self.max_iter,
            n_init=self.n_init,
            random_state=check_random_state(self.random_state),
        )
        batches.fit(rows, sample_weight=weights)
        return [lloyd(rows, weights, batches.cluster_centers_, self.final_iter, self.tol)]


class Run(NamedTuple):
    """The result of a run: unit centres (k, d), the sum of the cosines of the rows to them, and the iterations."""

    centres: np.ndarray
    score: float
    n_iter: int


def lloyd(rows: np.ndarray, weights: np.ndarray, start: np.ndarray, max_iter: int, tol: float = 1e-5) -> Run:
    """Run Lloyd's algorithm with cosines: move each centre to the mean direction of its rows until convergence.

    Args:
        rows: (n, d), of unit length.
        weights: (n,), how often each row counts.
        start: (k, d), the initial centres.
        max_iter: the most iterations.
        tol: the relative rise of the sum of cosines at which to stop.
    """
    centres, score, n_iter = normalized(start), -np.inf, 0
    while n_iter < max_iter:
        n_iter += 1
        labels, cosines = most_similar(rows, centres)
        before, score = score, float(weights @ cosines)
        if score - before <= tol * abs(score):
            break
        centres = _moved(rows, weights, labels, cosines, len(centres))
    return Run(centres, score, n_iter)


def _sample(
    rows: np.ndarray, weights: np.ndarray, size: int, random: np.random.RandomState
) -> tuple[np.ndarray, np.ndarray]:
    """Return a random sample of `size` rows, in their order, and their weights."""
    drawn = np.sort(random.choice(len(rows), size, replace=False))
    return rows[drawn], weights[drawn]


def _moved(rows: np.ndarray, weights: np.ndarray, labels: np.ndarray, cosines: np.ndarray, k: int) -> np.ndarray:
    """Return the mean direction of each cluster; empty clusters are re-seeded with the worst-fitting rows."""
    centres = group_sums(rows, labels, weights, k)
    empty = np.flatnonzero(np.bincount(labels, minlength=k) == 0)
    centres[empty] = rows[np.argsort(cosines, kind="stable")[: len(empty)]]
    return normalized(centres)


def _concentration(mean_cosine: float, dimensions: int) -> np.ndarray:
    """Return the concentration of von Mises-Fisher distributions, after Banerjee et al. (2005), equation 4.4."""
    r = min(max(mean_cosine, 0.0), 1 - 1e-6)
    return np.array([(r * dimensions - r**3) / (1 - r**2)], dtype=np.float32)
