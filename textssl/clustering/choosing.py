"""How many clusters: candidates compared by silhouette and by stability over resamples."""

from dataclasses import dataclass

import numpy as np
from sklearn.metrics import adjusted_rand_score, silhouette_score

from textssl.clustering.checks import VectorError
from textssl.clustering.kmeans import SphericalKMeans
from textssl.clustering.rows import distinct, unit_rows

# So many distinct rows are compared at most, drawn with the seed: all their pairs fit in 100 MB.
MAX_SAMPLE = 5000
# So many numbers of clusters are tried at most, each about a third larger than the one before for 20,000 texts.
MAX_CANDIDATES = 16
# Pairs of halves of the sample whose clusterings are compared.
RESAMPLES = 3
# Below so many rows halves say nothing, and the silhouette decides alone.
MIN_FOR_STABILITY = 40
# The stability from which a choice is called sure, and fairly sure.
SURE, FAIRLY_SURE = 0.8, 0.5


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


def choose_clusters(X: np.ndarray, max_clusters: int, seed: int) -> Choice:
    """Choose the number of clusters of `X` (n, d), by the highest product of silhouette and stability.

    Candidates grow geometrically from 2 to 1.5 times the root of n; each is tried with spherical k-means, whatever
    the clusterer that will use it. One cluster is chosen only where there are no two groups to compare: neither
    measure can tell one group from none.
    """
    first = distinct(X).first
    random = np.random.default_rng(seed)
    rows = unit_rows(X, first[random.permutation(len(first))[:MAX_SAMPLE]])
    highest = min(round(1.5 * len(first) ** 0.5), max_clusters, len(rows) - 1)
    candidates = _compared(rows, _numbers(highest), random)
    if not candidates:
        return Choice(1, (), f"{len(first)} distinct vectors show no two groups to compare: one cluster")
    ranked = tuple(sorted(candidates, key=_worth, reverse=True))
    return Choice(ranked[0].clusters, ranked, _note(ranked, len(rows)))


def _numbers(highest: int) -> list[int]:
    return sorted({round(k) for k in np.geomspace(2, highest, MAX_CANDIDATES)}) if highest >= 2 else []


def _compared(rows: np.ndarray, numbers: list[int], random: np.random.Generator) -> list[Candidate]:
    distances = np.clip(1 - rows @ rows.T, 0, 2)
    np.fill_diagonal(distances, 0)
    candidates = []
    for k in numbers:
        model = SphericalKMeans(k, n_init=1, random_state=int(random.integers(2**31)))
        try:
            silhouette = float(silhouette_score(distances, model.fit_predict(rows), metric="precomputed"))
            candidates.append(Candidate(k, silhouette, _stability(model, rows, random)))
        except VectorError:  # the rows cannot be told apart into so many
            break
    return candidates


def _stability(model: SphericalKMeans, rows: np.ndarray, random: np.random.Generator) -> float | None:
    if len(rows) < MIN_FOR_STABILITY:
        return None
    scores = []
    for _ in range(RESAMPLES):
        halves = np.array_split(random.permutation(len(rows)), 2)
        scores.append(adjusted_rand_score(*(model.fit(rows[half]).predict(rows) for half in halves)))
    return float(np.mean(scores))


def _worth(candidate: Candidate) -> float:
    stability = 1.0 if candidate.stability is None else max(candidate.stability, 0.0)
    return candidate.silhouette * stability if candidate.silhouette > 0 else candidate.silhouette


def _note(ranked: tuple[Candidate, ...], n: int) -> str:
    """Say how sure the choice is: the stability of the best, and which others score nearly as high."""
    best = ranked[0]
    if best.stability is None:
        sure = f"unsure: {n} distinct texts are too few to test stability"
    else:
        degree = "sure" if best.stability >= SURE else "fairly sure" if best.stability >= FAIRLY_SURE else "unsure"
        sure = f"{degree}: two halves of the texts agree to {best.stability:.2f} (adjusted Rand index)"
    rivals = [c.clusters for c in ranked if _worth(c) >= 0.9 * _worth(best) > 0]
    range_ = f"; {min(rivals)} to {max(rivals)} clusters score within 10% of it" if len(rivals) > 1 else ""
    tried = sorted(c.clusters for c in ranked)
    return (
        f"{best.clusters} clusters chosen from {len(tried)} numbers between {tried[0]} and {tried[-1]} "
        f"(k-means on {n} distinct texts, silhouette x stability); {sure}{range_}"
    )
