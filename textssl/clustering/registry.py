"""The clusterers by name, and the one call that groups vectors by settings."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from sklearn.base import clone

from textssl.clustering.agglomerative import Agglomerative
from textssl.clustering.base import Assignment, Clusterer
from textssl.clustering.calibration import CALIBRATED_ON, Bin
from textssl.clustering.checks import VectorError, check_vectors, check_weights
from textssl.clustering.choosing import Candidate, choose_clusters
from textssl.clustering.gmm import ReducedGaussianMixture
from textssl.clustering.hdbscan import ReducedHDBSCAN
from textssl.clustering.kmeans import MiniBatchSphericalKMeans, SphericalKMeans
from textssl.clustering.linked import LinkedKMeans
from textssl.clustering.margins import margin
from textssl.clustering.rows import distinct_directed, unit_rows
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
# What method "auto" compares, in how many runs of each, on how many rows drawn with the seed.
_COMPARED, _RUNS, _COMPARED_ON = ("kmeans", "linked_kmeans"), 3, 20_000
_WEIGHING = (SphericalKMeans, LinkedKMeans)


@dataclass(frozen=True)
class Clustering(Assignment):
    """What was found in n vectors: the cluster of each and the next best, as in `Assignment`, and how it was found.

    Attributes:
        clusterer: the fitted clusterer, for new vectors.
        notes: what was reduced, and how the number of clusters came about.
        choice: the numbers of clusters that were compared, best first.
        reliability: rows of like probability, and the share of them that models of halves leave in their cluster.
    """

    clusterer: Clusterer
    notes: tuple[str, ...]
    choice: tuple[Candidate, ...] = ()
    reliability: tuple[Bin, ...] = ()


def cluster(
    embeddings: Any, settings: ClusteringSettings | None = None, seed: int = 0, weights: Any = None
) -> Clustering:
    """Group the rows of `embeddings` (n, d); `weights` (n,) says how often each row counts.

    Method "auto" takes, of several runs of k-means and of linked k-means, the one with the widest margin.

    Raises:
        DataError: if the vectors or weights cannot be used, or hold fewer distinct rows than clusters asked for.
        UsageError: for an unknown method or a setting out of range.
    """
    settings = settings or ClusteringSettings()
    compared: list[tuple[str, int]] = [(settings.method, seed)]
    if settings.method == "auto":
        settings = replace(settings, n_init=-(-settings.n_init // _RUNS))
        compared = [(method, _RUNS * seed + run) for method in _COMPARED for run in range(_RUNS)]
    clusterers = [make_clusterer(method, settings, its_seed) for method, its_seed in compared]
    X = check_vectors(clusterers[0], embeddings, reset=True)
    weights = check_weights(weights, len(X))
    clusters = settings.clusters
    notes: tuple[str, ...] = ()
    choice: tuple[Candidate, ...] = ()
    if clusters == "auto" and settings.method != "hdbscan":
        chosen = choose_clusters(X, settings.max_clusters, seed, linked=settings.method == "auto")
        clusters, notes, choice = chosen.clusters, (chosen.note,), chosen.candidates
    for clusterer in clusterers:
        (_fit_at_most if choice else _fit)(clusterer, X, weights, clusters)
    clusterer = clusterers[0]
    if len(clusterers) > 1:
        margins = _margins(clusterers, X, weights, seed)
        clusterer = clusterers[int(np.argmax(margins))]
        notes += (_compared_note([method for method, _ in compared], margins),)
    elif np.ptp(weights) > 0 and not isinstance(clusterer, _WEIGHING):
        notes += (f"{settings.method} counts each distinct text once, however often it occurs",)
    bins = _calibrate(clusterer, X, weights, seed) if settings.calibrate else ()
    return Clustering(
        **vars(clusterer.assign(X)),
        clusterer=clusterer,
        notes=notes + clusterer.notes_,
        choice=choice,
        reliability=bins,
    )


def _fit(clusterer: Clusterer, X: np.ndarray, weights: np.ndarray, clusters: int | str) -> None:
    if clusters != "auto":
        clusterer.set_params(n_clusters=clusters)
    if isinstance(clusterer, _WEIGHING):
        clusterer.fit(X, sample_weight=weights)
    else:
        clusterer.fit(X)


def _fit_at_most(clusterer: Clusterer, X: np.ndarray, weights: np.ndarray, clusters: int | str) -> None:
    """Fit the number of clusters that was chosen, or fewer where so many cannot be told apart."""
    for k in range(int(clusters), 0, -1):
        try:
            return _fit(clusterer, X, weights, k)
        except VectorError:
            if k == 1:
                raise


def _calibrate(clusterer: Clusterer, X: np.ndarray, weights: np.ndarray, seed: int) -> tuple[Bin, ...]:
    """Calibrate on a sample of the distinct rows, by models of the same kind fitted on halves of it."""
    first = distinct_directed(X)
    drawn = first[np.random.default_rng([seed, 7]).permutation(len(first))[:CALIBRATED_ON]]
    rows, counts = X[drawn], weights[drawn]

    def refit(half: np.ndarray, its_seed: int) -> np.ndarray:
        again = clone(clusterer).set_params(random_state=its_seed)
        try:
            _fit(again, rows[half], counts[half], "auto")
        except VectorError:  # half of the rows cannot be told apart into as many clusters
            return np.full(len(rows), -1)
        return again.predict(rows)

    return clusterer.calibrate(rows, refit, seed)


def _margins(clusterers: list[Clusterer], X: np.ndarray, weights: np.ndarray, seed: int) -> list[float]:
    drawn = np.sort(np.random.default_rng(seed).permutation(np.flatnonzero(clusterers[0].labels_ >= 0))[:_COMPARED_ON])
    rows = unit_rows(X, drawn)
    return [margin(rows, clusterer.labels_[drawn], weights[drawn]) for clusterer in clusterers]


def _compared_note(methods: list[str], margins: list[float]) -> str:
    """Say which method was taken, and the widest margin of each."""
    widest = {
        method: max(width for name, width in zip(methods, margins, strict=True) if name == method) for method in methods
    }
    taken = max(widest, key=lambda method: widest[method])
    told = ", ".join(f"{method} {width:.3f}" for method, width in widest.items())
    return f"{taken} was taken for the wider margin between its groups: {told} (mean difference of cosines)"


def make_clusterer(method: str, settings: ClusteringSettings, seed: int) -> Clusterer:
    """Return the unfitted clusterer of a method, its parameters set from the settings of the same name."""
    clusterer = lookup(CLUSTERERS, method, "clustering method")(random_state=seed)
    shared = clusterer.get_params().keys() & vars(settings).keys()
    return clusterer.set_params(**{name: getattr(settings, name) for name in shared})
