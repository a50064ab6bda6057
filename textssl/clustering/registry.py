"""The clusterers by name, and `cluster`, which groups vectors by settings."""

from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import clone

from textssl.clustering.agglomerative import Agglomerative
from textssl.clustering.base import Assignment, Clusterer
from textssl.clustering.calibration import CALIBRATED_ON, Bin
from textssl.clustering.gmm import ReducedGaussianMixture
from textssl.clustering.hdbscan import ReducedHDBSCAN
from textssl.clustering.kmeans import MiniBatchSphericalKMeans, SphericalKMeans
from textssl.clustering.linked import LinkedKMeans
from textssl.clustering.n_clusters import Candidate, choose_n_clusters
from textssl.clustering.settings import ClusteringSettings
from textssl.clustering.simplified_silhouette import margin
from textssl.clustering.unit_vectors import unique_nonzero_rows, unit_rows
from textssl.clustering.validation import VectorError, check_vectors, check_weights
from textssl.errors import lookup


class Entry(NamedTuple):
    """A clusterer, and what others must know about it.

    Attributes:
        make: its class.
        settings: the fields of `ClusteringSettings` that are parameters of it.
        finds_k: whether it finds the number of clusters itself.
        takes_weights: whether `fit` takes `sample_weight`.
        tunable: whether its clusters can be tuned together with the vectors.
    """

    make: type[Clusterer]
    settings: tuple[str, ...] = ()
    finds_k: bool = False
    takes_weights: bool = False
    tunable: bool = False


CLUSTERERS: dict[str, Entry] = {
    "kmeans": Entry(SphericalKMeans, ("n_init",), takes_weights=True, tunable=True),
    "linked_kmeans": Entry(LinkedKMeans, takes_weights=True, tunable=True),
    "minibatch_kmeans": Entry(MiniBatchSphericalKMeans, takes_weights=True),
    "hdbscan": Entry(ReducedHDBSCAN, ("min_cluster_size", "noise", "pca_dimensions"), finds_k=True),
    "agglomerative": Entry(Agglomerative, ("linkage",)),
    "gmm": Entry(ReducedGaussianMixture, ("pca_dimensions",)),
}
# Methods that compare several clusterers and take the one with the widest margin.
COMPARISONS: dict[str, tuple[str, ...]] = {"auto": ("kmeans", "linked_kmeans")}
# Such a method compares this many runs of each, on at most this many random rows.
_RUNS, _COMPARED_ON = 3, 20_000


@dataclass(frozen=True)
class Clustering(Assignment):
    """The clusters of n vectors and their second choices, as in `Assignment`, and how they were found.

    Attributes:
        clusterer: the fitted clusterer, for new vectors.
        notes: what was reduced, and how the number of clusters was chosen.
        choice: the numbers of clusters that were compared, best first.
        reliability: the share of rows that keep their cluster in models of halves, by bins of probability.
    """

    clusterer: Clusterer
    notes: tuple[str, ...]
    choice: tuple[Candidate, ...] = ()
    reliability: tuple[Bin, ...] = ()


def cluster(
    embeddings: ArrayLike,
    settings: ClusteringSettings | None = None,
    seed: int = 0,
    weights: ArrayLike | None = None,
) -> Clustering:
    """Group the rows of `embeddings` (n, d).

    Method "auto" takes, of several runs of k-means and of linked k-means, the one with the widest margin.

    Args:
        embeddings: any array of numbers, (n, d).
        settings: the method and its settings; None takes the defaults.
        seed: makes the result reproducible.
        weights: (n,) how often each row counts; None counts each once.

    Raises:
        DataError: if the vectors or weights cannot be used, or there are fewer distinct rows than clusters requested.
        UsageError: for an unknown method or a setting out of range.
    """
    settings = settings or ClusteringSettings()
    entries = entries_of(settings.method)
    n_runs = _RUNS if len(entries) > 1 else 1
    settings = replace(settings, n_init=-(-settings.n_init // n_runs))
    fits = [
        _Fit(name, entry, make_clusterer(entry, settings, n_runs * seed + run))
        for name, entry in entries.items()
        for run in range(n_runs)
    ]
    X = check_vectors(fits[0].clusterer, embeddings, reset=True)
    weights = check_weights(weights, len(X))
    clusters = settings.n_clusters
    notes: tuple[str, ...] = ()
    choice: tuple[Candidate, ...] = ()
    if clusters == "auto" and not all(entry.finds_k for entry in entries.values()):
        chosen = choose_n_clusters(X, settings.max_clusters, seed, linked=len(entries) > 1)
        clusters, notes, choice = chosen.clusters, (chosen.note,), chosen.candidates
    for fit in fits:
        (_fit_at_most if choice else _fit)(fit, X, weights, clusters)
    best = fits[0]
    if len(fits) > 1:
        margins = _margins(fits, X, weights, seed)
        best = fits[int(np.argmax(margins))]
        notes += (_compared_note(fits, margins),)
    elif np.ptp(weights) > 0 and not best.entry.takes_weights:
        notes += (f"{best.name} counts each distinct text once, however often it occurs",)
    bins = _calibrate(best, X, weights, seed) if settings.calibrate else ()
    return Clustering(
        **vars(best.clusterer.assign(X)),
        clusterer=best.clusterer,
        notes=notes + best.clusterer.notes_,
        choice=choice,
        reliability=bins,
    )


def entries_of(method: str) -> dict[str, Entry]:
    """Return the clusterers that a method fits, by name: one, or those that it compares.

    Raises:
        UsageError: for an unknown method, naming the nearest.
    """
    names = COMPARISONS.get(method, (method,))
    return {name: lookup(CLUSTERERS, name, "clustering method") for name in names}


def tunable(method: str) -> bool:
    """Return whether the clusters of a method can be tuned together with the vectors."""
    return all(entry.tunable for entry in entries_of(method).values())


def make_clusterer(entry: Entry, settings: ClusteringSettings, seed: int) -> Clusterer:
    """Return the unfitted clusterer of `entry` with the settings that are its parameters."""
    return entry.make(random_state=seed, **{name: getattr(settings, name) for name in entry.settings})


class _Fit(NamedTuple):
    """A clusterer that `cluster` fits, and its entry in the registry."""

    name: str
    entry: Entry
    clusterer: Clusterer


def _fit(fit: _Fit, X: np.ndarray, weights: np.ndarray, clusters: int | str) -> None:
    if clusters != "auto":
        fit.clusterer.set_params(n_clusters=clusters)
    fit.clusterer.fit(X, **({"sample_weight": weights} if fit.entry.takes_weights else {}))


def _fit_at_most(fit: _Fit, X: np.ndarray, weights: np.ndarray, clusters: int | str) -> None:
    """Fit the chosen number of clusters, or fewer if the vectors do not have that many."""
    for k in range(int(clusters), 0, -1):
        try:
            return _fit(fit, X, weights, k)
        except VectorError:
            if k == 1:
                raise


def _calibrate(best: _Fit, X: np.ndarray, weights: np.ndarray, seed: int) -> tuple[Bin, ...]:
    """Calibrate on a sample of the distinct rows, by the same clusterer fitted on halves of it."""
    index = unique_nonzero_rows(X)
    drawn = index[np.random.default_rng([seed, 7]).permutation(len(index))[:CALIBRATED_ON]]
    rows, counts = X[drawn], weights[drawn]

    def refit(half: np.ndarray, its_seed: int) -> np.ndarray:
        again = best._replace(clusterer=clone(best.clusterer).set_params(random_state=its_seed))
        try:
            _fit(again, rows[half], counts[half], "auto")
        except VectorError:  # half of the rows do not have as many clusters
            return np.full(len(rows), -1)
        return again.clusterer.predict(rows)

    return best.clusterer.calibrate(rows, refit, seed)


def _margins(fits: list[_Fit], X: np.ndarray, weights: np.ndarray, seed: int) -> list[float]:
    nonzero = np.flatnonzero(fits[0].clusterer.labels_ >= 0)
    drawn = np.sort(np.random.default_rng(seed).permutation(nonzero)[:_COMPARED_ON])
    rows = unit_rows(X, drawn)
    return [margin(rows, fit.clusterer.labels_[drawn], weights[drawn]) for fit in fits]


def _compared_note(fits: list[_Fit], margins: list[float]) -> str:
    """Name the clusterer that was taken, and the widest margin of each."""
    widest: dict[str, float] = {}
    for fit, width in zip(fits, margins, strict=True):
        widest[fit.name] = max(width, widest.get(fit.name, width))
    taken = max(widest, key=lambda name: widest[name])
    compared = ", ".join(f"{name} {width:.3f}" for name, width in widest.items())
    return f"{taken} was taken for the wider margin between its groups: {compared} (mean difference of cosines)"
