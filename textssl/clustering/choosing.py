"""How many clusters: candidates compared by how much clearer they are than groups of rows that have none."""

from dataclasses import dataclass

import numpy as np
from sklearn.metrics import adjusted_rand_score

from textssl.clustering.base import Clusterer, nothing_to_group
from textssl.clustering.checks import VectorError
from textssl.clustering.kmeans import SphericalKMeans
from textssl.clustering.linked import LinkedKMeans
from textssl.clustering.margins import margin
from textssl.clustering.rows import directions, distinct_directed, unit_rows
from textssl.progress import bar

# So many distinct rows are compared at most, drawn with the seed.
MAX_SAMPLE = 5000
# So many rows without groups are drawn at least: of few, one draw says little.
_LEAST_DRAWN = 500
# So many numbers of clusters are tried at most, each about a third larger than the one before for 20,000 texts.
MAX_CANDIDATES = 16
# By how much of itself the widest gap may be missed: k-means from other starts moves it by as much.
_TIE = 0.1
# Starts of the k-means whose margin is measured.
_STARTS = 3
# Pairs of halves of the sample whose clusterings are compared.
RESAMPLES = 3
# Below so many rows halves say nothing.
MIN_FOR_STABILITY = 40
_NAMES = {SphericalKMeans: "k-means", LinkedKMeans: "linked k-means"}
# The stability from which a choice is called sure, and fairly sure.
SURE, FAIRLY_SURE = 0.8, 0.5


@dataclass(frozen=True)
class Candidate:
    """A number of clusters: its gap, -2 to 2, and its stability.

    The gap is the margin between its clusters (`margins.margin`) less that between as many clusters of rows drawn from
    a normal distribution of the same mean and covariance: what is seen in the texts beyond what k-means sees in
    anything (the gap statistic of Tibshirani, Walther & Hastie 2001, with the margin for the spread).
    Stability is the mean adjusted Rand index, at most 1, of two models fitted on halves of the sample, over all of
    the sample; None where there were too few rows, or the gap is not nearly the widest.
    """

    clusters: int
    gap: float
    stability: float | None


@dataclass(frozen=True)
class Choice:
    """The chosen number of clusters, all candidates (best first), and how sure the choice is."""

    clusters: int
    candidates: tuple[Candidate, ...]
    note: str


def choose_clusters(X: np.ndarray, max_clusters: int, seed: int, linked: bool = False) -> Choice:
    """Choose the number of clusters of `X` (n, d): of those with nearly the widest gap, the most stable.

    Candidates grow geometrically from 2 to 1.5 times the root of n; each is tried with spherical k-means, whatever
    the clusterer that will use it. If `linked`, linked k-means is tried too, and taken for a gap that k-means does not
    nearly reach. One cluster is chosen only where there are no two groups to compare.
    """
    first = distinct_directed(X)
    if not len(first):
        raise nothing_to_group()
    random = np.random.default_rng(seed)
    rows = unit_rows(X, first[random.permutation(len(first))[:MAX_SAMPLE]])
    highest = min(round(1.5 * len(first) ** 0.5), max_clusters, len(rows) - 1)
    gaps, model = _gaps_of_best(rows, _numbers(highest), seed, linked)
    if not gaps:
        return Choice(1, (), f"{len(first)} distinct vectors show no two groups to compare: one cluster")
    near = [k for k, gap in gaps.items() if gap >= _nearly(max(gaps.values()))]
    stable = {k: _stability(model.set_params(n_clusters=k), rows, random) for k in near}
    candidates = (Candidate(k, gap, stable.get(k)) for k, gap in gaps.items())
    ranked = tuple(sorted(candidates, key=lambda c: (c.clusters in near, c.stability or 0.0, c.gap), reverse=True))
    return Choice(ranked[0].clusters, ranked, _note(ranked, near, f"{_NAMES[type(model)]} on {len(rows)}"))


def _numbers(highest: int) -> list[int]:
    return sorted({round(k) for k in np.geomspace(2, highest, MAX_CANDIDATES)}) if highest >= 2 else []


def _gaps_of_best(
    rows: np.ndarray, numbers: list[int], seed: int, linked: bool
) -> tuple[dict[int, float], SphericalKMeans | LinkedKMeans]:
    """Return the gap of each number of clusters, by k-means or by linked k-means, and the one it is by."""
    model = SphericalKMeans(n_init=_STARTS, random_state=seed)
    groupless = _without_groups(rows, max(1, _LEAST_DRAWN // len(rows)), seed)
    once = SphericalKMeans(n_init=1, random_state=seed)  # where there are no groups, one start is as good as another
    floors = {k: _margin(once, k, *groupless) for k in bar(numbers, "without groups")}
    gaps = _gaps(model, rows, floors)
    if linked and gaps:
        by_linkage = LinkedKMeans(random_state=seed)
        others = _gaps(by_linkage, rows, floors)
        if others and max(gaps.values()) < _nearly(max(others.values())):
            return others, by_linkage
    return gaps, model


def _gaps(model: Clusterer, rows: np.ndarray, floors: dict[int, float]) -> dict[int, float]:
    """Return the gap of each number of clusters, up to the first into which the rows cannot be told apart."""
    found = {}
    for k, floor in bar(floors.items(), "numbers of clusters"):
        try:
            found[k] = _margin(model, k, rows) - floor
        except VectorError:
            break
    return found


def _nearly(gap: float) -> float:
    return gap - _TIE * abs(gap)


def _without_groups(rows: np.ndarray, times: int, seed: int) -> list[np.ndarray]:
    """Return `times` as many unit rows of one normal distribution, which has the mean and the covariance of `rows`.

    They are sums of all rows, centred and weighted at random: that takes no matrix of the covariance, whatever the
    dimensions.
    """
    mean, n = rows.mean(axis=0), len(rows)
    random = np.random.default_rng(seed)
    weights = (random.standard_normal((n, n), dtype=np.float32) / np.float32(n**0.5) for _ in range(times))
    return [directions(mean + drawn @ (rows - mean)) for drawn in weights]


def _margin(model: Clusterer, k: int, *samples: np.ndarray) -> float:
    """Return the mean margin between `k` clusters of each sample of unit rows."""
    model = model.set_params(n_clusters=k)
    return float(np.mean([margin(rows, model.fit_predict(rows), np.ones(len(rows))) for rows in samples]))


def _stability(model: Clusterer, rows: np.ndarray, random: np.random.Generator) -> float | None:
    if len(rows) < MIN_FOR_STABILITY:
        return None
    scores = []
    for _ in range(RESAMPLES):
        halves = np.array_split(random.permutation(len(rows)), 2)
        scores.append(adjusted_rand_score(*(model.fit(rows[half]).predict(rows) for half in halves)))
    return float(np.mean(scores))


def _note(ranked: tuple[Candidate, ...], near: list[int], how: str) -> str:
    """Say how sure the choice is: the stability of the best, and which others are nearly as clear."""
    best = ranked[0]
    if best.stability is None:
        sure = "unsure: too few to test stability"
    else:
        degree = "sure" if best.stability >= SURE else "fairly sure" if best.stability >= FAIRLY_SURE else "unsure"
        sure = f"{degree}: two halves of the texts agree to {best.stability:.2f} (adjusted Rand index)"
    range_ = f"; {min(near)} to {max(near)} clusters are about as clear" if len(near) > 1 else ""
    tried = sorted(candidate.clusters for candidate in ranked)
    return (
        f"{best.clusters} clusters chosen from {len(tried)} numbers between {tried[0]} and {tried[-1]} "
        f"({how} distinct texts, gap and stability); {sure}{range_}"
    )
