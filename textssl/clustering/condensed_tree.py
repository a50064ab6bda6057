"""HDBSCAN's condensed tree: selecting clusters, by stability or by number, and the probabilities of noise."""

from typing import Any, NamedTuple

import numpy as np

# A selection of clusters in a subtree: its root, or the selections of the two children of the root.
Selection = Any


class Regions(NamedTuple):
    """The cluster (n,) of each point, -1 for noise, and its density (n,) as a share of the highest in the cluster."""

    labels: np.ndarray
    shares: np.ndarray


def select(tree: np.ndarray, n: int) -> Regions | None:
    """Return the clusters with the highest total stability in a condensed tree of `n` points; None for fewer than two.

    Stability is the excess of mass of Campello et al. (2013). Unlike there, a cluster of more than half of the points
    must be twice as stable as the clusters within it together. With texts, it is chance whether such a trunk narrowly
    exceeds its branches, while a single dense cluster exceeds the random ones within it by a factor of ten or more.
    """
    stability, children = _branches(tree)
    sizes = dict(zip(tree["child"].tolist(), tree["child_size"].tolist(), strict=True))
    best: dict[int, tuple[float, list[int]]] = {}
    for cluster in sorted(stability, reverse=True):  # children have higher numbers than their parents
        within = [best.pop(child) for child in children.get(cluster, [])]
        inner = sum(total for total, _ in within)
        needed = stability[cluster] / 2 if sizes.get(cluster, n) > n / 2 else stability[cluster]
        if within and (cluster == n or inner > needed):
            best[cluster] = inner, [chosen for _, clusters in within for chosen in clusters]
        else:
            best[cluster] = stability[cluster], [cluster]
    clusters = sorted(best[n][1])
    return None if clusters == [n] else _labelled(tree, n, clusters)


def cut(tree: np.ndarray, n: int, k: int) -> Regions | None:
    """Return the `k` clusters with the highest total stability in a condensed tree of `n` points; None for fewer.

    Every leaf of the tree is in exactly one selected cluster. The best selection of k clusters in a subtree combines
    the best of i and of k - i clusters in the subtrees of its two children, so one pass from the leaves up finds it.
    """
    stability, children = _branches(tree)
    best: dict[int, list[tuple[float, Selection]]] = {}
    for cluster in sorted(stability, reverse=True):
        best[cluster] = [(stability[cluster], cluster)]
        if cluster in children:
            left, right = (best.pop(child) for child in children[cluster])
            best[cluster] += _joined(left, right, k)
    if len(best[n]) < k:
        return None
    return _labelled(tree, n, _flat(best[n][k - 1][1]))


def point_densities(tree: np.ndarray, n: int) -> np.ndarray:
    """Return the density (n,), lambda, at which each point leaves the condensed tree; infinite ones are clipped."""
    single = tree[tree["child"] < n]
    reached = np.zeros(n)
    reached[single["child"]] = np.minimum(single["lambda_val"], _largest_finite(tree["lambda_val"]))
    return reached


def noise_probabilities(found: Regions, outside: np.ndarray, densities: np.ndarray) -> np.ndarray:
    """Return the probabilities of noise in the cluster it joined, on the scale of the members of that cluster.

    The probability is the density of the point as a share of the highest in the cluster: 1 minus the outlier score of
    Campello et al. (2015) with respect to that cluster. Noise may be dense outside the cluster that it joined, so its
    probability is at most that of the least probable member. Unlike hdbscan's soft clustering (McInnes & Healy 2017), a
    point belongs to one cluster only.

    Args:
        found: a cluster for each of n points; the shares of noise are ignored.
        outside: (n,) bool, which points were noise.
        densities: (n,) float64, as `point_densities` returns them.

    Returns:
        The probabilities of the points that were noise, (outside.sum(),).
    """
    labels, shares = found.labels, found.shares
    highest, least = np.full((2, labels.max() + 1), np.inf)
    known = ~outside & (shares > 0)  # a share is min(density, highest) / highest
    np.minimum.at(highest, labels[known], densities[known] / shares[known])
    np.minimum.at(least, labels[~outside], shares[~outside])
    return np.minimum(densities[outside] / highest[labels[outside]], least[labels[outside]])


def _largest_finite(values: np.ndarray) -> float:
    finite = values[np.isfinite(values)]
    return float(finite.max()) if len(finite) else 1.0


def _branches(tree: np.ndarray) -> tuple[dict[int, float], dict[int, list[int]]]:
    """Return the stability of each cluster, and the clusters it splits into, if any."""
    density = np.minimum(tree["lambda_val"], _largest_finite(tree["lambda_val"]))
    born = dict(zip(tree["child"].tolist(), density.tolist(), strict=True))
    children: dict[int, list[int]] = {}
    for row in tree[tree["child_size"] > 1]:
        children.setdefault(int(row["parent"]), []).append(int(row["child"]))
    parents, inverse = np.unique(tree["parent"], return_inverse=True)
    birth = np.array([born.get(parent, 0.0) for parent in parents.tolist()])
    excess = np.bincount(inverse, weights=(density - birth[inverse]) * tree["child_size"])
    return dict(zip(parents.tolist(), excess.tolist(), strict=True)), children


def _joined(left: list, right: list, k: int) -> list[tuple[float, Selection]]:
    """Return the best selections of 2, 3, ... at most `k` clusters in two subtrees together."""
    joined = []
    for total in range(2, min(k, len(left) + len(right)) + 1):
        ways = range(max(1, total - len(right)), min(len(left), total - 1) + 1)
        i = max(ways, key=lambda i: left[i - 1][0] + right[total - i - 1][0])
        a, b = left[i - 1], right[total - i - 1]
        joined.append((a[0] + b[0], (a[1], b[1])))
    return joined


def _flat(selection: Selection) -> list[int]:
    clusters, open_ = [], [selection]
    while open_:
        part = open_.pop()
        if isinstance(part, tuple):
            open_ += part
        else:
            clusters.append(part)
    return sorted(clusters)


def _labelled(tree: np.ndarray, n: int, clusters: list[int]) -> Regions:
    """Return the selected cluster above each point, and its density as a share of the highest in that cluster."""
    label_of = {cluster: label for label, cluster in enumerate(clusters)}
    above = {n: label_of.get(n, -1)}
    for row in np.sort(tree[tree["child_size"] > 1], order="child"):
        child = int(row["child"])
        above[child] = label_of.get(child, above[int(row["parent"])])
    single = tree[tree["child"] < n]
    labels = np.full(n, -1, dtype=np.int32)
    labels[single["child"]] = [above[parent] for parent in single["parent"].tolist()]
    reached = point_densities(tree, n)
    highest = np.zeros(len(clusters))
    inside = labels >= 0
    np.maximum.at(highest, labels[inside], reached[inside])
    shares = np.zeros(n, dtype=np.float32)
    shares[inside] = reached[inside] / np.maximum(highest[labels[inside]], 1e-12)
    return Regions(labels, shares)
