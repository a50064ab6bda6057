"""How many clusters: candidates compared by silhouette and by stability over resamples."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.base import clone
from sklearn.metrics import adjusted_rand_score, silhouette_score

from textssl.clustering.base import Clusterer
from textssl.clustering.checks import VectorError
from textssl.clustering.rows import distinct, unit_rows

# So many distinct rows are compared at most, drawn with the seed: all their pairs fit in 100 MB.
MAX_SAMPLE = 5000
# So many numbers of clusters are tried at most, each about a third larger than the one before for 20,000 texts.
MAX_CANDIDATES = 16
# Pairs of halves of the sample whose clusterings are compared.
RESAMPLES = 3
# Below so many rows halves say nothing, and the silhouette decides alone.
MIN_FOR_STABILITY = 20


@dataclass(frozen=True)
class Candidate:
    """A number of clusters: its mean cosine silhouette, -1 to 1, and its stability.

    Stability is the mean adjusted Rand index, at most 1, of two models fitted on halves of the sample, over all of
    the sample; None where there were too few rows.
    """

    clusters: int
    silhouette: float
    stability: float | None


@dataclass(frozen=True)
class Choice:
    """The chosen number of clusters, all candidates (best first), and how sure the choice is."""

    clusters: int
    candidates: tuple[Candidate, ...]
    note: str


def choose_clusters(X: np.ndarray, clusterer: Clusterer, max_clusters: int, seed: int) -> Choice:
    """Choose the number of clusters of `X` (n, d) for `clusterer`, by the highest silhouette + stability.

    Candidates grow geometrically from 2 to 1.5 times the root of n. One cluster is chosen only where there are no
    three distinct rows: neither measure can tell one group from none.
    """
    first = distinct(X).first
    if len(first) < 3:
        return Choice(1, (), f"{len(first)} distinct vectors are too few to compare numbers of clusters: one cluster")
    random = np.random.default_rng(seed)
    highest = min(max(3, round(1.5 * len(first) ** 0.5)), max_clusters, len(first) - 1)
    rows = unit_rows(X, first[random.permutation(len(first))[:MAX_SAMPLE]])
    distances = np.clip(1 - rows @ rows.T, 0, 2)
    np.fill_diagonal(distances, 0)
    cheap = {"n_init": 1} if "n_init" in clusterer.get_params() else {}
    candidates = []
    for k in np.unique(np.geomspace(2, highest, MAX_CANDIDATES).round().astype(int)).tolist():
        model = clone(clusterer).set_params(n_clusters=k, **cheap)
        try:
            candidates.append(Candidate(k, _silhouette(model, rows, distances), _stability(model, rows, k, random)))
        except VectorError:  # the rows cannot be told apart into so many
            break
    if not candidates:
        return Choice(1, (), "the vectors cannot be told apart into two clusters: one cluster")
    ranked = tuple(sorted(candidates, key=_worth, reverse=True))
    return Choice(ranked[0].clusters, ranked, _note(ranked))


def _silhouette(model: Any, rows: np.ndarray, distances: np.ndarray) -> float:
    return float(silhouette_score(distances, model.fit_predict(rows), metric="precomputed"))


def _stability(model: Any, rows: np.ndarray, k: int, random: np.random.Generator) -> float | None:
    if len(rows) < max(MIN_FOR_STABILITY, 4 * k):
        return None
    scores = []
    for _ in range(RESAMPLES):
        order = random.permutation(len(rows))
        halves = order[: len(order) // 2], order[len(order) // 2 :]
        scores.append(adjusted_rand_score(*(model.fit(rows[half]).predict(rows) for half in halves)))
    return float(np.mean(scores))


def _worth(candidate: Candidate) -> float:
    return candidate.silhouette + (candidate.stability or 0)


def _note(ranked: tuple[Candidate, ...]) -> str:
    return str(ranked[0])
