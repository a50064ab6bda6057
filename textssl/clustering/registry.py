"""The clusterers by name, and the one call that groups vectors by settings."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from textssl.clustering.agglomerative import Agglomerative
from textssl.clustering.base import Clusterer
from textssl.clustering.checks import check_vectors, check_weights
from textssl.clustering.choosing import Candidate, choose_clusters
from textssl.clustering.gmm import ReducedGaussianMixture
from textssl.clustering.hdbscan import ReducedHDBSCAN
from textssl.clustering.kmeans import MiniBatchSphericalKMeans, SphericalKMeans
from textssl.clustering.linked import LinkedKMeans
from textssl.clustering.margins import margin
from textssl.clustering.rows import unit_rows
from textssl.clustering.settings import ClusteringSettings
from textssl.errors import lookup

CLUSTERERS: dict[str, type[Clusterer]] = {
    "kmeans": SphericalKMeans,
    "linked_kmeans": LinkedKMeans,
    "minibatch_kmeans": MiniBatchSphericalKMeans,
    "hdbscan": ReducedHDBSCAN,
    "agglomerative": Agglomerative,
    "gmm": ReducedGaussianMixture,
}
# The methods whose groups can be tuned together with vectors.
TUNABLE = ("auto", "kmeans", "linked_kmeans")
# What method "auto" compares, on so many rows drawn with the seed.
_COMPARED, _COMPARED_ON = ("kmeans", "linked_kmeans"), 20_000


@dataclass(frozen=True)
class Clustering:
    """What was found in n vectors.

    labels (n,) int32, -1 for noise; probabilities (n,) float32; the fitted clusterer, for new vectors; notes, what
    was reduced and how the number of clusters came about; choice, the numbers that were compared, best first.
    """

    labels: np.ndarray
    probabilities: np.ndarray
    clusterer: Clusterer
    notes: tuple[str, ...]
    choice: tuple[Candidate, ...] = ()


def cluster(embeddings: Any, settings: ClusteringSettings, seed: int = 0, weights: Any = None) -> Clustering:
    """Group the rows of `embeddings` (n, d); `weights` (n,) says how often each row counts.

    Method "auto" is the one of k-means and linked k-means whose groups have the wider margin.

    Raises:
        DataError: if the vectors or weights cannot be used, or hold fewer distinct rows than clusters asked for.
        UsageError: for an unknown method or a setting out of range.
    """
    methods = _COMPARED if settings.method == "auto" else (settings.method,)
    clusterers = [make_clusterer(method, settings, seed) for method in methods]
    X = check_vectors(clusterers[0], embeddings, reset=True)
    weights = check_weights(weights, len(X))
    clusters = settings.clusters
    notes: tuple[str, ...] = ()
    choice: tuple[Candidate, ...] = ()
    if clusters == "auto" and settings.method != "hdbscan":
        chosen = choose_clusters(X, settings.max_clusters, seed)
        clusters, notes, choice = chosen.clusters, (chosen.note,), chosen.candidates
    for clusterer in clusterers:
        notes += _fit(clusterer, X, weights, clusters)
    clusterer = clusterers[0]
    if len(clusterers) > 1:
        margins = _margins(clusterers, X, weights, seed)
        clusterer = clusterers[int(np.argmax(margins))]
        told = ", ".join(f"{method} {width:.3f}" for method, width in zip(methods, margins, strict=True))
        notes += (f"the method with the wider margin between groups was taken: {told}",)
    return Clustering(clusterer.labels_, clusterer.probabilities_, clusterer, notes + clusterer.notes_, choice)


def _fit(clusterer: Clusterer, X: np.ndarray, weights: np.ndarray, clusters: int | str) -> tuple[str, ...]:
    """Fit a clusterer and return what is to be noted of the weights."""
    if clusters != "auto":
        clusterer.set_params(n_clusters=clusters)
    if isinstance(clusterer, SphericalKMeans | LinkedKMeans):
        clusterer.fit(X, sample_weight=weights)
        return ()
    clusterer.fit(X)
    counted = np.ptp(weights) > 0
    return (f"{type(clusterer).__name__} counts each distinct text once, however often it occurs",) if counted else ()


def _margins(clusterers: list[Clusterer], X: np.ndarray, weights: np.ndarray, seed: int) -> list[float]:
    drawn = np.sort(np.random.default_rng(seed).permutation(len(X))[:_COMPARED_ON])
    rows = unit_rows(X, drawn)
    return [margin(rows, clusterer.labels_[drawn], weights[drawn]) for clusterer in clusterers]


def make_clusterer(method: str, settings: ClusteringSettings, seed: int) -> Clusterer:
    """Return the unfitted clusterer of a method, its parameters set from the settings of the same name."""
    clusterer = lookup(CLUSTERERS, method, "clustering method")(random_state=seed)
    shared = clusterer.get_params().keys() & vars(settings).keys()
    return clusterer.set_params(**{name: getattr(settings, name) for name in shared})
