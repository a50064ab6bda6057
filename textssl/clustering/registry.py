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
from textssl.clustering.settings import ClusteringSettings
from textssl.errors import lookup

CLUSTERERS: dict[str, type[Clusterer]] = {
    "kmeans": SphericalKMeans,
    "minibatch_kmeans": MiniBatchSphericalKMeans,
    "hdbscan": ReducedHDBSCAN,
    "agglomerative": Agglomerative,
    "gmm": ReducedGaussianMixture,
}


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

    Raises:
        DataError: if the vectors or weights cannot be used, or hold fewer distinct rows than clusters asked for.
        UsageError: for an unknown method or a setting out of range.
    """
    clusterer = make_clusterer(settings, seed)
    X = check_vectors(clusterer, embeddings, reset=True)
    weights = check_weights(weights, len(X))
    notes: tuple[str, ...] = ()
    choice: tuple[Candidate, ...] = ()
    if settings.clusters != "auto":
        clusterer.set_params(n_clusters=settings.clusters)
    elif settings.method != "hdbscan":
        chosen = choose_clusters(X, settings.max_clusters, seed)
        clusterer.set_params(n_clusters=chosen.clusters)
        notes, choice = (chosen.note,), chosen.candidates
    if isinstance(clusterer, SphericalKMeans):
        clusterer.fit(X, sample_weight=weights)
    else:
        clusterer.fit(X)
        if np.ptp(weights) > 0:
            notes += (f"{settings.method} counts each distinct text once, however often it occurs",)
    return Clustering(clusterer.labels_, clusterer.probabilities_, clusterer, notes + clusterer.notes_, choice)


def make_clusterer(settings: ClusteringSettings, seed: int) -> Clusterer:
    """Return the unfitted clusterer of `settings.method`, its parameters set from the settings of the same name."""
    clusterer = lookup(CLUSTERERS, settings.method, "clustering method")(random_state=seed)
    shared = clusterer.get_params().keys() & vars(settings).keys()
    return clusterer.set_params(**{name: getattr(settings, name) for name in shared})
