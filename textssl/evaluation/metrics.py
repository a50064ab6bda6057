"""Quality of a clustering, with known labels and without."""

from collections.abc import Sequence

import numpy as np

from textssl.errors import DataError


def agreement(labels: np.ndarray, truth: Sequence[object]) -> dict[str, float]:
    """Measure agreement with known labels.

    Args:
        labels: (n,) cluster of each text, -1 = noise.
        truth: n known labels; texts whose label is missing (None, NaN, NaT, NA or blank) are left out.

    Returns:
        The numbers of `rows` and `classes` and, for two classes or more, scores in [0, 1] (ARI from -0.5): `acc`
        (accuracy under the best one-to-one match of clusters to classes, Kuhn 1955; noise never matches), `nmi`
        (arithmetic mean), `ari` (Hubert & Arabie 1985), `homogeneity`, `completeness` and `v_measure` (Rosenberg &
        Hirschberg 2007). For all but `acc`, noise is a group of its own. One class has no scores, as any single group
        would score 1.

    Raises:
        DataError: if the lengths differ or no text has a known label.
    """
    from sklearn import metrics

    labels = np.asarray(labels)
    if len(truth) != len(labels):
        raise DataError(f"{len(truth)} known labels for {len(labels)} texts: give one for each text")
    classes, names = _classes(truth)
    labels, classes = labels[classes >= 0], classes[classes >= 0]
    if not len(classes):
        raise DataError("no text has a known label: leave the label column out, or name the one that holds them")
    counted: dict[str, float] = {"rows": len(classes), "classes": names}
    if names == 1:
        return counted
    homogeneity, completeness, v_measure = metrics.homogeneity_completeness_v_measure(classes, labels)
    return counted | {
        "acc": float(np.mean(_match(labels, classes)[classes] == labels)),
        "nmi": float(metrics.normalized_mutual_info_score(classes, labels)),
        "ari": float(metrics.adjusted_rand_score(classes, labels)),
        "homogeneity": float(homogeneity),
        "completeness": float(completeness),
        "v_measure": float(v_measure),
    }


def quality(embeddings: np.ndarray, labels: np.ndarray, seed: int = 0, points: int = 5000) -> dict[str, float]:
    """Measure the quality of a clustering without known labels.

    Args:
        embeddings: (n, d); may be a memory map.
        labels: (n,) cluster of each row, -1 = noise.
        seed: for the sample of rows.
        points: maximum number of rows for the silhouette.

    Returns:
        The number of `clusters`, `coverage` (share of rows that are not noise), the sizes of the `smallest`, `median`
        and `largest` cluster and, for two clusters or more, `silhouette` (cosine, Rousseeuw 1987, in [-1, 1], without
        noise).
    """
    labels = np.asarray(labels)
    sizes = np.unique(labels[labels >= 0], return_counts=True)[1]
    measured = {"clusters": len(sizes), "coverage": float(np.mean(labels >= 0)) if len(labels) else 0.0}
    if len(sizes):
        measured |= {"smallest": int(sizes.min()), "median": float(np.median(sizes)), "largest": int(sizes.max())}
    silhouette = _silhouette(embeddings, labels, seed, points)
    return measured if silhouette is None else measured | {"silhouette": silhouette}


def matched_clusters(labels: np.ndarray, truth: Sequence[object]) -> np.ndarray:
    """Return the cluster that is right for each text under the best one-to-one match of clusters to classes, int (n,).

    Args:
        labels: (n,) cluster of each text, -1 = noise.
        truth: n known labels; see `agreement`.

    Returns:
        -1 for a text without a known label, -2 for one whose class is matched to no cluster.
    """
    classes, _ = _classes(truth)
    known = classes >= 0
    right = np.full(len(classes), -1)
    right[known] = _match(np.asarray(labels)[known], classes[known])[classes[known]]
    return right


def _classes(truth: Sequence[object]) -> tuple[np.ndarray, int]:
    """Return the known labels as numbers from 0, -1 for a missing one, and how many differ."""
    import pandas as pd

    known = pd.Series(list(truth), dtype=object)
    classes, names = pd.factorize(known.mask([isinstance(label, str) and not label.strip() for label in known]))
    return classes, len(names)


def _match(labels: np.ndarray, classes: np.ndarray) -> np.ndarray:
    """Return the cluster matched to each class, -2 for a class without one: int (number of classes,)."""
    from scipy.optimize import linear_sum_assignment

    found = labels >= 0
    clusters, place = np.unique(labels[found], return_inverse=True)
    table = np.zeros((len(clusters), classes.max(initial=-1) + 1), np.int64)
    np.add.at(table, (place, classes[found]), 1)
    match = np.full(table.shape[1], -2)
    rows, columns = linear_sum_assignment(table, maximize=True)
    match[columns] = clusters[rows]
    return match


def _silhouette(embeddings: np.ndarray, labels: np.ndarray, seed: int, points: int) -> float | None:
    """Return the silhouette of a sample, None if the sample has fewer than two clusters or only single texts."""
    rows = np.flatnonzero(labels >= 0)
    if len(rows) > points:
        rows = np.sort(np.random.default_rng(seed).choice(rows, points, replace=False))
    if not 2 <= len(np.unique(labels[rows])) < len(rows):
        return None
    return cosine_silhouette(np.asarray(embeddings[rows], np.float64), labels[rows])


def cosine_silhouette(vectors: np.ndarray, labels: np.ndarray) -> float:
    """Return the silhouette (Rousseeuw 1987) for cosine distances, in [-1, 1].

    The mean distance of a vector to a cluster follows from its product with the sum of the cluster's unit vectors, so
    that no pairs are compared.

    Args:
        vectors: (n, d).
        labels: (n,) the cluster of each vector, at least two.
    """
    unit = vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), np.finfo(float).tiny)
    _, place, sizes = np.unique(labels, return_inverse=True, return_counts=True)
    cosines = unit @ np.stack([unit[place == cluster].sum(axis=0) for cluster in range(len(sizes))]).T
    every, others = np.arange(len(unit)), sizes[place] - 1
    own = 1 - (cosines[every, place] - (unit * unit).sum(axis=1)) / np.maximum(others, 1)
    distances = 1 - cosines / sizes
    distances[every, place] = np.inf
    nearest = distances.min(axis=1)
    larger = np.maximum(own, nearest)
    silhouettes = np.divide(nearest - own, larger, out=np.zeros_like(own), where=(others > 0) & (larger > 0))
    return float(silhouettes.mean())
