"""A graph of texts: to which neighbours, and through which groups, a text passes its label."""

from typing import NamedTuple

import numpy as np
from scipy import sparse
from sklearn.cluster import KMeans
from sklearn.neighbors import kneighbors_graph
from threadpoolctl import threadpool_limits

from textssl.estimators.unit_vectors import unique_nonzero_rows, unit_rows
from textssl.estimators.validation import VectorError
from textssl.training.agreement import cluster_numbers

_SHARPNESS = 3  # power of the cosine of two neighbours
_REPEATS = 3  # of each clustering, as a single one may join two classes


class Graph(NamedTuple):
    """A graph of m of n texts.

    Attributes:
        rows: (m,) the texts.
        neighbours: (m, m) the weights of neighbours, symmetric, normalised by the square roots of their sums.
        groups: (m, g) the weights of texts in the groups of several clusterings, normalised likewise.
    """

    rows: np.ndarray
    neighbours: sparse.csr_array
    groups: sparse.csr_array


def make_graph(vectors: np.ndarray, labelled: np.ndarray, n_neighbors: int, max_texts: int, seed: int) -> Graph:
    """Return the graph of texts.

    Groups are those of k-means at 4, 8, 16, … 256 clusters.

    Args:
        vectors: (n, d) of the texts; a text with a vector of zeros is not in the graph.
        labelled: bool (n,), the texts that are in the graph even if others are left out.
        n_neighbors: nearest neighbours of each text.
        max_texts: most texts in the graph; of more, a random sample.
        seed: of the sample and of k-means.

    Raises:
        VectorError: if there are fewer than two distinct vectors.
    """
    rows = np.union1d(unique_nonzero_rows(vectors), np.flatnonzero(labelled & vectors.any(axis=1)))
    if len(rows) < 2:
        raise VectorError(f"labels cannot spread over n_samples = {len(rows)} distinct vectors: give two or more")
    if len(rows) > max_texts:
        order = np.random.default_rng([seed, 2]).permutation(rows)
        rows = np.sort(order[np.argsort(~labelled[order], kind="stable")][: max(max_texts, labelled.sum())])
    unit = unit_rows(vectors, rows)
    cosines = nearest_neighbors(unit, n_neighbors)
    found = kmeans_labels(unit, seed, _REPEATS)
    near = cosines.maximum(cosines.T)
    near.data = np.maximum(near.data, 1e-6) ** _SHARPNESS
    scale = sparse.diags_array(1 / np.sqrt(np.maximum(near.sum(axis=1), 1e-12)))
    every, ones = np.arange(len(rows)), np.ones(len(rows))
    members = sparse.hstack([sparse.csr_array((ones, (every, labels))) for labels in found], format="csr")
    sizes = sparse.diags_array(1 / np.sqrt(np.maximum(members.sum(axis=0), 1) * len(found)))
    return Graph(rows, (scale @ near @ scale).tocsr(), (members @ sizes).tocsr())


def spread(graph: Graph, values: np.ndarray, group_share: float, kept: float, n_iter: int) -> np.ndarray:
    """Spread values over a graph (Zhou et al. 2004).

    Args:
        graph: of m texts.
        values: (m, k), zeros where nothing is known.
        group_share: share that is passed on through groups, the rest through neighbours.
        kept: share of a text's own value in each step.
        n_iter: number of steps.

    Returns:
        (m, k), from zero.
    """
    found = values
    for _ in range(n_iter):
        passed = (1 - group_share) * (graph.neighbours @ found) + group_share * (
            graph.groups @ (graph.groups.T @ found)
        )
        found = (1 - kept) * passed + kept * values
    return found


def nearest_neighbors(unit: np.ndarray, count: int) -> sparse.csr_array:
    """Return the cosines of `unit` (n, d), rows of unit length, to their nearest neighbours, (n, n)."""
    with threadpool_limits(1):
        found = sparse.csr_array(kneighbors_graph(unit, min(count, len(unit) - 1), mode="distance", metric="cosine"))
    found.data = 1 - found.data
    return found


def kmeans_labels(unit: np.ndarray, seed: int, n_repeats: int = 1) -> list[np.ndarray]:
    """Return the groups of `unit` (n, d), rows of unit length, by k-means at 4, 8, 16, … 256 clusters.

    Args:
        unit: the rows.
        seed: of the first centres.
        n_repeats: from how many first centres each number of clusters is found. Default 1.
    """
    numbers = [k for k in cluster_numbers(len(unit)) if k <= len(unit)]
    with threadpool_limits(1):  # the sums of several threads depend on which is ready first
        return [
            KMeans(k, n_init=1, max_iter=50, random_state=seed + repeat).fit(unit).labels_
            for repeat in range(n_repeats)
            for k in numbers
        ]
