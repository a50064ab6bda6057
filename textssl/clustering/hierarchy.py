"""Levels of clusters: coarser and finer than those that were found, each inside one of the level above."""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.spatial.distance import pdist
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted

from textssl.clustering.kmeans import SphericalKMeans
from textssl.estimators.saving import Stored
from textssl.estimators.threads import in_threads
from textssl.estimators.unit_vectors import blocks, group_sums, normalized, unique_nonzero_rows, unit_rows
from textssl.estimators.validation import check_vectors, check_whole

_STEP = 6  # the ratio of the numbers of clusters of two levels, if no numbers are given


class Level(NamedTuple):
    """The clusters of one level, numbered from 0.

    Attributes:
        parents: (k,) int32, the cluster of the level above that each belongs to; -1 at the coarsest level.
        persistences: (k,) float32, the range of squared distances over which average linkage keeps the cluster
            whole and apart from others; larger = more distinct.
    """

    parents: np.ndarray
    persistences: np.ndarray


class Hierarchy(Stored):
    """A tree of clusters around given ones, whatever clusterer found these, cut at several levels.

    K-means splits each given cluster into small groups. Average linkage (Sokal & Michener 1958) joins these within
    their cluster, which gives the finer levels, and then joins the clusters, which gives the coarser ones. So every
    cluster of a level lies inside one cluster of the level above, and the given clusters are a level.

    Parameters:
        numbers: tuple of int, default (). The numbers of clusters of further levels; empty = a sixth and six times as
            many from each level to the next, down to `rows_per_group` rows per cluster.
        rows_per_group: int, default 25. The mean number of rows of a small group at least.
        max_groups: int, default 1000. The most small groups, unless `numbers` has more.
        random_state: int or None, default None. The seed.

    Attributes:
        groups_: (m, d) float32, the centres of the small groups, of unit length.
        clusters_: (levels, m) int32, the cluster of each small group at each level, the coarsest level first.
        persistences_: (levels, m) float32, the persistence of these clusters; see `Level`.
        given_: (1,) int, the index of the level of the given clusters.
        notes_, n_features_in_: as in `Clusterer`.
    """

    STATE = ("groups_", "clusters_", "persistences_", "given_")

    def __init__(
        self,
        numbers: tuple[int, ...] = (),
        rows_per_group: int = 25,
        max_groups: int = 1_000,
        random_state: int | None = None,
    ) -> None:
        self.numbers = numbers
        self.rows_per_group = rows_per_group
        self.max_groups = max_groups
        self.random_state = random_state

    def fit(self, X: ArrayLike, y: np.ndarray) -> "Hierarchy":
        """Build the tree.

        Args:
            X: (n, d), any array of numbers.
            y: (n,) int, the given clusters from 0, all of them in use; -1 for rows in none.

        Returns:
            The fitted hierarchy.

        Raises:
            VectorError: a DataError, if the vectors are invalid.
            ParameterError: a UsageError, if a parameter is out of range.
        """
        for name in ("rows_per_group", "max_groups"):
            check_whole(name, getattr(self, name), 1)
        for number in self.numbers:
            check_whole("numbers", number, 1)
        X, labels = check_vectors(self, X, reset=True), np.asarray(y)
        sizes = np.bincount(labels[labels >= 0])
        given = len(sizes)
        most = max(given, *self.numbers, min(self.max_groups, int(sizes.sum()) // self.rows_per_group))
        self.groups_, owners = self._split(X, labels, most)
        numbers = sorted(
            {given} | {number for number in self.numbers or _numbers(given, most) if number <= len(owners)}
        )
        merges, heights = _tree(self.groups_, owners, sizes)
        cuts = [owners if number == given else _cut(merges, number) for number in numbers]
        self.clusters_ = np.stack(cuts).astype(np.int32)
        self.persistences_ = np.stack([_persistences(merges, heights, cut) for cut in cuts]).astype(np.float32)
        self.given_ = np.array([numbers.index(given)])
        missing = sorted({*self.numbers} - {*numbers})
        self.notes_ = tuple(f"the texts have no level of {number} clusters" for number in missing)
        return self

    def predict(self, X: ArrayLike, y: np.ndarray) -> np.ndarray:
        """Return the cluster of rows at each level.

        Args:
            X: (n, d), any array of numbers.
            y: (n,) int, the given clusters that the rows were assigned to; -1 for none.

        Returns:
            (levels, n) int32, the coarsest level first; -1 for a row in no cluster.
        """
        check_is_fitted(self)
        X, labels = check_vectors(self, X, reset=False), np.asarray(y)
        owners, rows = self.clusters_[self.given_[0]], np.arange(len(X))
        found = np.full((len(self.clusters_), len(X)), -1, np.int32)
        for block in blocks(len(X), max(X.shape[1], len(owners))) if len(owners) else ():
            cosines = unit_rows(X, rows[block]) @ self.groups_.T
            cosines[labels[block][:, None] != owners] = -np.inf
            found[:, block] = self.clusters_[:, cosines.argmax(axis=1)]
        found[:, labels < 0] = -1
        return found

    def levels(self) -> list[Level]:
        """Return the levels, the coarsest first."""
        check_is_fitted(self)
        found = []
        for level, (clusters, persistences) in enumerate(zip(self.clusters_, self.persistences_, strict=True)):
            _, first = np.unique(clusters, return_index=True)
            parents = self.clusters_[level - 1][first] if level else np.full(len(first), -1, np.int32)
            found.append(Level(parents, persistences[first]))
        return found

    def _split(self, X: np.ndarray, labels: np.ndarray, most: int) -> tuple[np.ndarray, np.ndarray]:
        """Return the centres of about `most` small groups, and the given cluster of each."""
        seed = check_random_state(self.random_state).randint(2**31)
        clustered = np.count_nonzero(labels >= 0)

        def centres_in(cluster: int) -> np.ndarray:
            rows = X[np.flatnonzero(labels == cluster)]
            count = max(1, min(round(most * len(rows) / clustered), len(unique_nonzero_rows(rows))))
            return SphericalKMeans(count, n_init=1, random_state=seed).fit(rows).cluster_centers_

        centres = in_threads(centres_in, range(labels.max(initial=-1) + 1))
        owners = np.repeat(np.arange(len(centres)), [len(each) for each in centres])
        return np.vstack([np.empty((0, X.shape[1]), np.float32), *centres]), owners


def _numbers(given: int, most: int) -> list[int]:
    """Return the numbers of clusters of the levels above and below `given`, the finest with at most `most`."""
    coarser = [round(given / _STEP**step) for step in range(1, 20) if given / _STEP**step >= 2]
    return coarser + [given * _STEP**step for step in range(1, 20) if given * _STEP**step <= most]


def _tree(centres: np.ndarray, owners: np.ndarray, sizes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Join groups within their clusters, the most similar first, then the clusters.

    Returns:
        The merges as SciPy's linkage matrix (m - 1, 4) with their order in place of the distance, and the squared
        distance (m - 1,) of each.
    """
    inside: list[tuple[float, frozenset[int], frozenset[int]]] = []
    for cluster in np.unique(owners):
        members = np.flatnonzero(owners == cluster)
        inside += _merges(centres[members], [frozenset([member]) for member in members.tolist()])
    whole = [frozenset(np.flatnonzero(owners == cluster).tolist()) for cluster in range(len(sizes))]
    means = normalized(group_sums(centres, owners, np.ones(len(owners)), len(sizes)))
    ordered = sorted(inside, key=lambda merge: merge[0]) + _merges(means, whole)
    number = {frozenset([member]): member for member in range(len(owners))}
    rows = []
    for step, (_, left, right) in enumerate(ordered):
        joined = left | right
        rows.append((number[left], number[right], step + 1, len(joined)))
        number[joined] = len(owners) + step
    return np.array(rows, float).reshape(-1, 4), np.array([distance for distance, _, _ in ordered])


def _merges(centres: np.ndarray, parts: list[frozenset[int]]) -> list[tuple[float, frozenset[int], frozenset[int]]]:
    """Return the merges of average linkage: the squared distance, and the sets of groups that are joined."""
    if len(parts) < 2:
        return []
    joined, found = list(parts), []
    for left, right, distance, _ in linkage(pdist(centres, "sqeuclidean"), "average"):
        found.append((float(distance), joined[int(left)], joined[int(right)]))
        joined.append(joined[int(left)] | joined[int(right)])
    return found


def _cut(merges: np.ndarray, number: int) -> np.ndarray:
    """Return the cluster of each group in a cut of the tree into `number` clusters, numbered in order of the groups."""
    found = fcluster(merges, number, "maxclust")
    _, first, inverse = np.unique(found, return_index=True, return_inverse=True)
    return np.argsort(np.argsort(first))[inverse]


def _persistences(merges: np.ndarray, heights: np.ndarray, cut: np.ndarray) -> np.ndarray:
    """Return the persistence (m,) of the cluster that each group belongs to in a cut of the tree."""
    m, nodes = len(cut), len(cut) + len(merges)
    born, died = np.zeros(nodes), np.full(nodes, heights.max(initial=0))
    first = np.arange(nodes)  # a group inside each node
    size = np.ones(nodes, int)
    for step, (left, right, _, count) in enumerate(merges):
        node, parts = m + step, [int(left), int(right)]
        born[node], died[parts], size[node], first[node] = heights[step], heights[step], count, first[parts[0]]
    sizes = np.bincount(cut)
    lasting = np.maximum(died - born, 0)
    found = np.zeros(len(sizes))
    whole = size == sizes[cut[first]]
    found[cut[first[whole]]] = lasting[whole]
    return found[cut]
