"""How many clusters: candidates compared by how much clearer they are than groups of rows that have none."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from sklearn.metrics import adjusted_rand_score

from textssl.clustering.checks import VectorError
from textssl.clustering.kmeans import SphericalKMeans
from textssl.clustering.margins import margin
from textssl.clustering.rows import directions, distinct, unit_rows

# So many distinct rows are compared at most, drawn with the seed.
MAX_SAMPLE = 5000
# So many rows without groups are drawn at least: of few, one draw says little.
_LEAST_DRAWN = 1000
# So many numbers of clusters are tried at most, each about a third larger than the one before for 20,000 texts.
MAX_CANDIDATES = 16
# By how much of itself the widest gap may be missed: k-means from other starts moves it by as much.
_TIE = 0.1
# Pairs of halves of the sample whose clusterings are compared.
RESAMPLES = 3
_STARTS = 3
# Below so many rows halves say nothing.
MIN_FOR_STABILITY = 40
# The stability from which a choice is called sure, and fairly sure.
SURE, FAIRLY_SURE = 0.8, 0.5


@dataclass(frozen=True)
class Candidate:
    """A number of clusters: its gap, -2 to 2, and its stability.

    The gap is the margin between its clusters (`margins.margin`) less that between as many clusters of rows drawn from
    a normal distribution of the same mean and covariance: what is seen in the texts beyond what k-means sees in
    anything (the gap statistic of Tibshirani, Walther & Hastie 2001, with the margin for the spread).
    Stability is the mean adjusted Rand index, at most 1, of two models fitted on halves of the sample, over all of
    the sample; None where there were too few rows.
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


def choose_clusters(X: np.ndarray, max_clusters: int, seed: int) -> Choice:
    """Choose the number of clusters of `X` (n, d): of those with nearly the widest gap, the most stable.

    Candidates grow geometrically from 2 to 1.5 times the root of n; each is tried with spherical k-means, whatever
    the clusterer that will use it. One cluster is chosen only where there are no two groups to compare.
    """
    first = distinct(X).first
    random = np.random.default_rng(seed)
    rows = unit_rows(X, first[random.permutation(len(first))[:MAX_SAMPLE]])
    highest = min(round(1.5 * len(first) ** 0.5), max_clusters, len(rows) - 1)
    candidates = list(_compared(rows, _numbers(highest), random))
    if not candidates:
        return Choice(1, (), f"{len(first)} distinct vectors show no two groups to compare: one cluster")
    near = _nearly_widest(candidates)
    rest = [candidate for candidate in candidates if candidate not in near]
    ranked = (*sorted(near, key=_worth, reverse=True), *sorted(rest, key=lambda other: other.gap, reverse=True))
    return Choice(ranked[0].clusters, ranked, _note(ranked, near, len(rows)))


def _numbers(highest: int) -> list[int]:
    return sorted({round(k) for k in np.geomspace(2, highest, MAX_CANDIDATES)}) if highest >= 2 else []


def _compared(rows: np.ndarray, numbers: list[int], random: np.random.Generator) -> Iterator[Candidate]:
    groupless = [_without_groups(rows, random) for _ in range(max(1, _LEAST_DRAWN // len(rows)))]
    for k in numbers:
        model = SphericalKMeans(k, n_init=_STARTS, random_state=int(random.integers(2**31)))
        try:
            gap = _margin(model, rows) - np.mean([_margin(model, drawn) for drawn in groupless])
            yield Candidate(k, float(gap), _stability(model, rows, random))
        except VectorError:  # the rows cannot be told apart into so many
            break


def _without_groups(rows: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Return as many unit rows of one normal distribution, which has the mean and the covariance of `rows`."""
    covariance = np.atleast_2d(np.cov(rows, rowvar=False, bias=True))
    return directions(random.multivariate_normal(rows.mean(axis=0), covariance, len(rows), "ignore", method="eigh"))


def _margin(model: SphericalKMeans, rows: np.ndarray) -> float:
    return margin(rows, model.fit_predict(rows), np.ones(len(rows)))


def _stability(model: SphericalKMeans, rows: np.ndarray, random: np.random.Generator) -> float | None:
    if len(rows) < MIN_FOR_STABILITY:
        return None
    scores = []
    for _ in range(RESAMPLES):
        halves = np.array_split(random.permutation(len(rows)), 2)
        scores.append(adjusted_rand_score(*(model.fit(rows[half]).predict(rows) for half in halves)))
    return float(np.mean(scores))


def _nearly_widest(candidates: list[Candidate]) -> list[Candidate]:
    """Return the candidates whose gap is as good as the widest, for all that one sample can tell."""
    widest = max(candidate.gap for candidate in candidates)
    return [candidate for candidate in candidates if candidate.gap >= widest - _TIE * abs(widest)]


def _worth(candidate: Candidate) -> float:
    return candidate.gap if candidate.stability is None else candidate.stability


def _note(ranked: tuple[Candidate, ...], near: list[Candidate], n: int) -> str:
    """Say how sure the choice is: the stability of the best, and which others score nearly as high."""
    best = ranked[0]
    if best.stability is None:
        sure = f"unsure: {n} distinct texts are too few to test stability"
    else:
        degree = "sure" if best.stability >= SURE else "fairly sure" if best.stability >= FAIRLY_SURE else "unsure"
        sure = f"{degree}: two halves of the texts agree to {best.stability:.2f} (adjusted Rand index)"
    rivals = [candidate.clusters for candidate in near]
    range_ = f"; {min(rivals)} to {max(rivals)} clusters are about as clear" if len(rivals) > 1 else ""
    tried = sorted(c.clusters for c in ranked)
    return (
        f"{best.clusters} clusters chosen from {len(tried)} numbers between {tried[0]} and {tried[-1]} "
        f"(k-means on {n} distinct texts, gap and stability); {sure}{range_}"
    )
