"""Spherical k-means, and its mini-batch form for a million vectors."""

from typing import Any, NamedTuple, Self

import numpy as np
from sklearn.cluster import MiniBatchKMeans, kmeans_plusplus
from sklearn.utils import check_random_state

from textssl.clustering.base import MOST_LEARNED, Clusterer, require_clusters, require_distinct, soft_placement
from textssl.clustering.calibration import Placement
from textssl.clustering.checks import check_whole
from textssl.clustering.rows import blocks, directions, group_sums, most_similar

# After mini-batches, or from random rows, a few whole passes put every centre amid its own rows.
FEW_PASSES = 5
# What is left to gain below this relative rise of the summed cosine is less than another start may bring.
_RISE = 1e-5
# Rows that starts are compared on: many starts on a sample find a better end than a few on all rows.
_SAMPLE, _SAMPLE_PER_CLUSTER = 5_000, 50
_FINALISTS = 3
# Of more rows than so many samples hold, half as many decide between the finalists, and only one climbs on all.
_MANY_SAMPLES = 10
# Rows a cluster that are learned from at most: its centre is then off by about a thousandth of its spread.
_MOST_PER_CLUSTER = 1_000


class SphericalKMeans(Clusterer):
    """K-means on the unit sphere (Dhillon & Modha 2001), from k-means++ starts (Arthur & Vassilvitskii 2007).

    A row belongs to the centre with the highest cosine. Its probability is that of a mixture of von Mises-Fisher
    distributions around the centres, equally concentrated (Banerjee et al. 2005). `offsets_`, the log weights of
    the clusters, are zero unless the centres were tuned (`tuning`).
    scikit-learn's KMeans adds up its centres in the order in which its threads finish; this one always gives the
    same bytes.
    """

    STATE = (*Clusterer.STATE, "cluster_centers_", "concentration_", "offsets_")

    def __init__(
        self, n_clusters: int = 2, n_init: int = 30, max_iter: int = 300, random_state: int | None = None
    ) -> None:
        self.n_clusters = n_clusters
        self.n_init = n_init
        self.max_iter = max_iter
        self.random_state = random_state

    def fit(self, X: Any, y: Any = None, sample_weight: Any = None) -> Self:
        """Group the rows of `X` (n, d), each counted `sample_weight` (n,) times; see `Clusterer.fit`."""
        return self._fit(X, sample_weight)

    def adopt(
        self, X: np.ndarray, centres: np.ndarray, concentration: float, offsets: np.ndarray, notes: tuple[str, ...]
    ) -> Self:
        """Take centres (k, d) and offsets (k,) that were learned elsewhere, and place the rows of `X` (n, d)."""
        self.n_features_in_, self.notes_, self.calibration_ = X.shape[1], notes, None
        self.cluster_centers_, self.offsets_ = directions(centres), offsets.astype(np.float32)
        self.concentration_ = np.array([concentration], dtype=np.float32)
        placed = self.assign(X)
        self.labels_, self.probabilities_ = placed.labels, placed.probabilities
        return self

    def _check_parameters(self) -> None:
        for name in ("n_clusters", "n_init", "max_iter"):
            check_whole(name, getattr(self, name), 1)

    def _most_learned(self) -> int:
        return max(MOST_LEARNED, _MOST_PER_CLUSTER * self.n_clusters)

    def _learn(self, rows: np.ndarray, masses: np.ndarray) -> None:
        require_distinct(len(rows), self.n_clusters)
        best = self.climb(rows, masses)
        self.cluster_centers_, self.n_iter_ = best.centres, best.passes
        self.concentration_ = _concentration(best.score / masses.sum(), rows.shape[1])
        self.offsets_ = np.zeros(len(best.centres), dtype=np.float32)
        require_clusters(self._place(rows).labels, self.n_clusters)

    def climb(self, rows: np.ndarray, masses: np.ndarray) -> "Run":
        """Return where the best start leads; centres may coincide."""
        return max(self._runs(rows, masses), key=lambda run: run.score)

    def _runs(self, rows: np.ndarray, masses: np.ndarray) -> "list[Run]":
        """Climb from each start on a sample, and from where the best of them led on all rows.

        Of very many rows the best climb on a larger sample first, and only one of them on all.
        """
        random = check_random_state(self.random_state)
        size = min(len(rows), max(_SAMPLE, _SAMPLE_PER_CLUSTER * self.n_clusters))
        some, weights = _sample(rows, masses, size, random)
        starts = (
            kmeans_plusplus(some, self.n_clusters, sample_weight=weights, random_state=random)[0]
            for _ in range(self.n_init)
        )
        runs = [_climb(some, weights, start, self.max_iter) for start in starts]
        if size == len(rows):
            return runs
        runs = sorted(runs, key=lambda run: run.score)[-_FINALISTS:]
        if len(rows) > _MANY_SAMPLES * size:
            some, weights = _sample(rows, masses, _MANY_SAMPLES * size // 2, random)
            runs = [max((_climb(some, weights, run.centres, self.max_iter) for run in runs), key=lambda run: run.score)]
        return [_climb(rows, masses, run.centres, self.max_iter) for run in runs]

    def _place(self, rows: np.ndarray) -> Placement:
        parts = []
        for block in blocks(len(rows), len(self.cluster_centers_)):
            scores = self.concentration_ * (rows[block] @ self.cluster_centers_.T) + self.offsets_
            parts.append(soft_placement(np.exp(scores - scores.max(axis=1, keepdims=True))))
        return Placement(*(np.concatenate(column) for column in zip(*parts, strict=True)))


class MiniBatchSphericalKMeans(SphericalKMeans):
    """Spherical k-means that learns its centres from small batches (Sculley 2010), for very many vectors."""

    def __init__(
        self, n_clusters: int = 2, batch_size: int = 4096, max_iter: int = 100, random_state: int | None = None
    ) -> None:
        self.n_clusters = n_clusters
        self.batch_size = batch_size
        self.max_iter = max_iter
        self.random_state = random_state

    def _check_parameters(self) -> None:
        for name in ("n_clusters", "batch_size", "max_iter"):
            check_whole(name, getattr(self, name), 1)

    def _runs(self, rows: np.ndarray, masses: np.ndarray) -> "list[Run]":
        batches = MiniBatchKMeans(
            self.n_clusters,
            batch_size=self.batch_size,
            max_iter=self.max_iter,
            n_init=3,
            random_state=check_random_state(self.random_state),
        )
        batches.fit(rows, sample_weight=masses)
        return [_climb(rows, masses, batches.cluster_centers_, FEW_PASSES)]


class Run(NamedTuple):
    """Where one start led: unit centres (k, d), the summed cosine of the rows to them, and in how many passes."""

    centres: np.ndarray
    score: float
    passes: int


def _sample(
    rows: np.ndarray, masses: np.ndarray, size: int, random: np.random.RandomState
) -> tuple[np.ndarray, np.ndarray]:
    """Return `size` rows, in their order, and their masses."""
    drawn = np.sort(random.choice(len(rows), size, replace=False))
    return rows[drawn], masses[drawn]


def micro_clusters(rows: np.ndarray, masses: np.ndarray, k: int, random: np.random.RandomState) -> np.ndarray:
    """Return `k` unit centres that stand for very many unit rows: a few passes from rows drawn at random."""
    start = rows[random.choice(len(rows), k, replace=False)]
    return _climb(rows, masses, start, FEW_PASSES).centres


def _climb(rows: np.ndarray, masses: np.ndarray, start: np.ndarray, max_iter: int) -> Run:
    """Move centres to the mean direction of their rows until the summed cosine rises no more."""
    centres, score, passes = directions(start), -np.inf, 0
    while passes < max_iter:
        passes += 1
        labels, cosines = most_similar(rows, centres)
        before, score = score, float(masses @ cosines)
        if score - before <= _RISE * abs(score):
            break
        centres = _moved(rows, masses, labels, cosines, len(centres))
    return Run(centres, score, passes)


def _moved(rows: np.ndarray, masses: np.ndarray, labels: np.ndarray, cosines: np.ndarray, k: int) -> np.ndarray:
    """Return the mean direction of each cluster; one without rows starts anew at a row that lies ill elsewhere."""
    centres = group_sums(rows, labels, masses, k)
    empty = np.flatnonzero(np.bincount(labels, minlength=k) == 0)
    centres[empty] = rows[np.argsort(cosines, kind="stable")[: len(empty)]]
    return directions(centres)


def _concentration(mean_cosine: float, dimensions: int) -> np.ndarray:
    """Return the concentration of von Mises-Fisher distributions, after Banerjee et al. (2005), equation 4.4."""
    r = min(max(mean_cosine, 0.0), 1 - 1e-6)
    return np.array([(r * dimensions - r**3) / (1 - r**2)], dtype=np.float32)
