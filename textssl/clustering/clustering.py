"""`cluster`: group vectors as the settings say."""

from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy import sparse
from sklearn.base import clone

from textssl.clustering.base import Assignment, Clusterer
from textssl.clustering.calibration import CALIBRATED_ON, Bin
from textssl.clustering.evidence import word_evidence
from textssl.clustering.n_clusters import Candidate, choose_n_clusters
from textssl.clustering.registry import Entry, entries_of
from textssl.clustering.settings import ClusteringSettings
from textssl.estimators.simplified_silhouette import margin
from textssl.estimators.threads import in_threads
from textssl.estimators.unit_vectors import unique_nonzero_rows, unit_rows
from textssl.estimators.validation import VectorError, check_vectors, check_weights

# A method that compares clusterers fits each this many times, and compares them on at most this many random rows.
_RUNS, _COMPARED_ON = 3, 20_000
# Values that differ by less than this share are ties.
_TIE = 5e-4
_BY_EVIDENCE = (
    "{name} was taken, whose groups explain the words of the texts best: {compared} (log evidence per word, in nats)"
)
_BY_MARGIN = "{name} was taken for the wider margin between its groups: {compared} (mean difference of cosines)"


@dataclass(frozen=True)
class Clustering(Assignment):
    """The clusters of n vectors and their second choices, as in `Assignment`, and how they were found.

    Attributes:
        clusterer: the fitted clusterer, which assigns new vectors.
        notes: sentences on what was reduced, and how the number of clusters was chosen.
        choice: the numbers of clusters that were compared, best first.
        reliability: the share of rows that keep their cluster in models of halves of the rows, by bins of probability.
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
    max_calibration_samples: int = CALIBRATED_ON,
    bags: sparse.csr_array | None = None,
) -> Clustering:
    """Group the rows of `embeddings`.

    The method "auto" fits k-means and linked k-means several times and keeps the run that explains the words of the
    texts best (`word_evidence`) or, without `bags`, the one with the widest margin; k-means if it is nearly as good.

    Args:
        embeddings: (n, d), any array of numbers.
        settings: the method and its settings; None = the defaults.
        seed: the random seed.
        weights: (n,) how often each row counts; None = once.
        max_calibration_samples: the most distinct rows that probabilities are calibrated on.
        bags: the words of each text, 1 or 0, (n, words); None = unknown.

    Returns:
        The cluster of each row, its probability and second choice, and the fitted clusterer.

    Raises:
        DataError: if the vectors or weights are invalid, or fewer rows are distinct than clusters are requested.
    """
    settings = settings or ClusteringSettings()
    fits = _unfitted(settings, seed)
    X = check_vectors(fits[0].clusterer, embeddings, reset=True)
    weights = check_weights(weights, len(X))
    n_clusters = settings.n_clusters
    notes: tuple[str, ...] = ()
    choice: tuple[Candidate, ...] = ()
    if n_clusters == "auto" and not all(fit.entry.finds_k for fit in fits):
        chosen = choose_n_clusters(X, settings.max_clusters, seed, linked=len(fits) > 1)
        n_clusters, notes, choice = chosen.clusters, (chosen.note,), chosen.candidates
    fits = _fitted(fits, X, weights, n_clusters, at_most=bool(choice))
    best, compared = _best(fits, X, weights, seed, bags)
    bins = _calibrate(best, X, weights, seed, max_calibration_samples) if settings.calibrate else ()
    return Clustering(
        **vars(best.clusterer.assign(X)),
        clusterer=best.clusterer,
        notes=notes + compared + best.clusterer.notes_,
        choice=choice,
        reliability=bins,
    )


def make_clusterer(entry: Entry, settings: ClusteringSettings, seed: int) -> Clusterer:
    """Return the unfitted clusterer of `entry` with the settings that are its parameters."""
    return entry.estimator(random_state=seed, **{name: getattr(settings, name) for name in entry.settings})


class _Fit(NamedTuple):
    """A clusterer that `cluster` fits, its name and its entry in the registry."""

    name: str
    entry: Entry
    clusterer: Clusterer


def _unfitted(settings: ClusteringSettings, seed: int) -> list[_Fit]:
    """Return the clusterers to fit: one, or several runs of each that the method compares."""
    entries = entries_of(settings.method)
    n_runs = _RUNS if len(entries) > 1 else 1
    settings = replace(settings, n_init=-(-settings.n_init // n_runs))  # rounded up
    return [
        _Fit(name, entry, make_clusterer(entry, settings, n_runs * seed + run))
        for name, entry in entries.items()
        for run in range(n_runs)
    ]


def _fitted(fits: list[_Fit], X: np.ndarray, weights: np.ndarray, n_clusters: int | str, at_most: bool) -> list[_Fit]:
    """Fit clusterers; return those that found the number of clusters, or raise VectorError if none did."""

    def fitted(fit: _Fit) -> VectorError | None:
        try:
            (_fit_at_most if at_most else _fit)(fit, X, weights, n_clusters)
        except VectorError as error:
            return error
        return None

    errors = in_threads(fitted, fits)
    if all(errors):
        raise next(error for error in errors if error)
    return [fit for fit, error in zip(fits, errors, strict=True) if error is None]


def _fit(fit: _Fit, X: np.ndarray, weights: np.ndarray, n_clusters: int | str) -> None:
    if n_clusters != "auto":
        fit.clusterer.set_params(n_clusters=n_clusters)
    fit.clusterer.fit(X, **({"sample_weight": weights} if fit.entry.takes_weights else {}))


def _fit_at_most(fit: _Fit, X: np.ndarray, weights: np.ndarray, n_clusters: int | str) -> None:
    """Fit the chosen number of clusters, or the largest smaller number that the vectors have."""
    for k in range(int(n_clusters), 0, -1):
        try:
            return _fit(fit, X, weights, k)
        except VectorError:
            if k == 1:
                raise


def _best(
    fits: list[_Fit], X: np.ndarray, weights: np.ndarray, seed: int, bags: sparse.csr_array | None
) -> tuple[_Fit, tuple[str, ...]]:
    """Return the best of several fits, and notes on the comparison or on weights that were ignored."""
    if len(fits) > 1:
        nonzero = np.flatnonzero(fits[0].clusterer.labels_ >= 0)
        sample = np.sort(np.random.default_rng(seed).permutation(nonzero)[:_COMPARED_ON])
        found = [fit.clusterer.labels_[sample] for fit in fits]
        if bags is not None:
            some = bags[sample]
            return _highest(fits, [word_evidence(some, labels) for labels in found], _BY_EVIDENCE)
        rows = unit_rows(X, sample)
        return _highest(fits, [margin(rows, labels, weights[sample]) for labels in found], _BY_MARGIN)
    (only,) = fits
    if np.ptp(weights) > 0 and not only.entry.takes_weights:
        return only, (f"{only.name} counts each distinct text once, however often it occurs",)
    return only, ()


def _highest(fits: list[_Fit], values: list[float], why: str) -> tuple[_Fit, tuple[str, ...]]:
    """Return the fit with the highest value, and a note with the highest value of each clusterer.

    A clusterer that is compared later is taken only if its value is clearly higher.
    """
    highest: dict[str, tuple[float, _Fit]] = {}
    for fit, value in zip(fits, values, strict=True):
        if fit.name not in highest or value > highest[fit.name][0]:
            highest[fit.name] = value, fit
    (best_value, best), *others = highest.values()
    for value, fit in others:
        if value > best_value + _TIE * abs(best_value):
            best_value, best = value, fit
    compared = ", ".join(f"{name} {value:.3f}" for name, (value, _) in highest.items())
    return best, (why.format(name=best.name, compared=compared),)


def _calibrate(
    best: _Fit, X: np.ndarray, weights: np.ndarray, seed: int, max_calibration_samples: int
) -> tuple[Bin, ...]:
    """Calibrate on a sample of the distinct rows, by the same clusterer fitted on halves of it."""
    index = unique_nonzero_rows(X)
    sample = index[np.random.default_rng([seed, 7]).permutation(len(index))[:max_calibration_samples]]
    rows, counts = X[sample], weights[sample]

    def refit(half: np.ndarray, half_seed: int) -> np.ndarray:
        refitted = best._replace(clusterer=clone(best.clusterer).set_params(random_state=half_seed))
        try:
            _fit(refitted, rows[half], counts[half], "auto")
        except VectorError:  # half of the rows do not have as many clusters
            return np.full(len(rows), -1)
        return refitted.clusterer.predict(rows)

    return best.clusterer.calibrate(rows, refit, seed)
