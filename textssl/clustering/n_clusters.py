"""Choose the number of clusters by a gap statistic and by stability."""

from dataclasses import dataclass

import numpy as np
from sklearn.metrics import adjusted_rand_score

from textssl.clustering.base import Clusterer, nothing_to_group
from textssl.clustering.kmeans import SphericalKMeans
from textssl.clustering.linked import LinkedKMeans
from textssl.estimators.simplified_silhouette import margin
from textssl.estimators.unit_vectors import normalized, unique_nonzero_rows, unit_rows
from textssl.estimators.validation import VectorError
from textssl.progress import bar

# The fewest random rows without clusters in the reference of a gap.
_LEAST_REFERENCES = 500
# Gaps within this share of the widest are ties: other initial centres of k-means change the gap by as much.
_TIE = 0.1
# Stabilities within this much of the highest are ties: fewer clusters are more stable whatever the rows hold.
_STABILITY_TIE = 0.1
# With fewer rows, halves are too small to compare.
_LEAST_FOR_STABILITY = 40
# A choice is called sure, or fairly sure, from this stability.
_SURE, _FAIRLY_SURE = 0.8, 0.5


@dataclass(frozen=True)
class Candidate:
    """A number of clusters that was tried.

    Attributes:
        clusters: the number.
        gap: from -2 to 2, the margin between the clusters (`simplified_silhouette.margin`) minus that between as many
            clusters of reference rows, which are drawn from a normal distribution of the same mean and covariance. This
            is the gap statistic of Tibshirani, Walther & Hastie (2001) with the margin in place of the dispersion.
        stability: at most 1, the mean adjusted Rand index of the labels that two models, each fitted on half of the
            sample, predict for the whole sample; None if there are too few rows or the gap is not nearly the widest.
    """

    clusters: int
    gap: float
    stability: float | None


@dataclass(frozen=True)
class Choice:
    """The chosen number of clusters, all candidates, best first, and a sentence on how sure the choice is."""

    clusters: int
    candidates: tuple[Candidate, ...]
    note: str


def choose_n_clusters(
    X: np.ndarray,
    max_clusters: int,
    seed: int,
    linked: bool = False,
    max_samples: int = 5_000,
    max_candidates: int = 16,
    n_init: int = 3,
    n_splits: int = 3,
) -> Choice:
    """Choose the number of clusters: the largest nearly as stable as any of those with nearly the widest gap.

    Candidates grow geometrically from 2 to 1.5 times the square root of n. They are compared by spherical k-means,
    whichever clusterer will use the number. One cluster is chosen only if no two candidates can be compared.

    Args:
        X: (n, d), the vectors.
        max_clusters: the largest candidate.
        seed: the random seed of the sample, of k-means and of the halves.
        linked: whether to try linked k-means, too; it is used if the widest gap of k-means is clearly smaller.
        max_samples: the most distinct rows to compare on.
        max_candidates: the most candidates. With 16 for 20,000 texts, each is about a third larger than the last.
        n_init: the number of runs of k-means.
        n_splits: the number of pairs of halves whose clusters are compared.

    Raises:
        VectorError: a DataError, if every vector is zero.
    """
    index = unique_nonzero_rows(X)
    if not len(index):
        raise nothing_to_group()
    random = np.random.default_rng(seed)
    rows = unit_rows(X, index[random.permutation(len(index))[:max_samples]])
    highest = min(round(1.5 * len(index) ** 0.5), max_clusters, len(rows) - 1)
    models: dict[str, Clusterer] = {"k-means": SphericalKMeans(n_init=n_init, random_state=seed)}
    if linked:
        models["linked k-means"] = LinkedKMeans(random_state=seed)
    gaps, by = _widest_gaps(rows, models, _candidates(highest, max_candidates), seed)
    if not gaps:
        return Choice(1, (), f"{len(index)} distinct vectors are too few or too similar for two clusters: one cluster")
    near = [k for k, gap in gaps.items() if gap >= _nearly(max(gaps.values()))]
    stable = {k: _stability(models[by].set_params(n_clusters=k), rows, n_splits, random) for k in near}
    steadiest = max(stability or 0.0 for stability in stable.values())
    steady = {k for k, stability in stable.items() if stability and stability >= steadiest - _STABILITY_TIE}

    def rank(candidate: Candidate) -> tuple[int, bool, float, float]:
        k = candidate.clusters
        return k if k in steady else 0, k in near, candidate.stability or 0.0, candidate.gap

    candidates = (Candidate(k, gap, stable.get(k)) for k, gap in gaps.items())
    ranked = tuple(sorted(candidates, key=rank, reverse=True))
    return Choice(ranked[0].clusters, ranked, _note(ranked, near, f"{by} on {len(rows)}"))


def _candidates(highest: int, most: int) -> list[int]:
    return sorted({round(k) for k in np.geomspace(2, highest, most)}) if highest >= 2 else []


def _widest_gaps(
    rows: np.ndarray, models: dict[str, Clusterer], numbers: list[int], seed: int
) -> tuple[dict[int, float], str]:
    """Return the gap of each number of clusters by the first model, or by a later one whose gaps are clearly wider."""
    references = _references(rows, max(1, _LEAST_REFERENCES // len(rows)), seed)
    once = SphericalKMeans(n_init=1, random_state=seed)  # without clusters, one run is as good as another
    floors = {k: _reference_margin(once, k, references) for k in bar(numbers, "reference margins")}
    best, *others = [(_gaps(model, rows, floors), name) for name, model in models.items()]
    for other in others:
        if best[0] and other[0] and max(best[0].values()) < _nearly(max(other[0].values())):
            best = other
    return best


def _gaps(model: Clusterer, rows: np.ndarray, floors: dict[int, float]) -> dict[int, float]:
    """Return the gap of each number of clusters, up to the first number that cannot be fitted."""
    found = {}
    for k, floor in bar(floors.items(), "numbers of clusters"):
        try:
            found[k] = _margin(model, k, rows) - floor
        except VectorError:
            break
    return found


def _nearly(gap: float) -> float:
    return gap - _TIE * abs(gap)


def _references(rows: np.ndarray, times: int, seed: int) -> list[np.ndarray]:
    """Return `times` samples of n unit rows from a normal distribution with the mean and covariance of `rows` (n, d).

    A sample is a sum of the centred rows with random weights, which needs no covariance matrix.
    """
    mean, n = rows.mean(axis=0), len(rows)
    random = np.random.default_rng(seed)
    weights = (random.standard_normal((n, n), dtype=np.float32) / np.float32(n**0.5) for _ in range(times))
    return [normalized(mean + drawn @ (rows - mean)) for drawn in weights]


def _reference_margin(model: Clusterer, k: int, references: list[np.ndarray]) -> float:
    """Return the mean margin between `k` clusters of the references; 0 if they do not have as many clusters."""
    try:
        return _margin(model, k, *references)
    except VectorError:
        return 0.0


def _margin(model: Clusterer, k: int, *samples: np.ndarray) -> float:
    """Return the mean margin between `k` clusters of each sample of unit rows."""
    model = model.set_params(n_clusters=k)
    return float(np.mean([margin(rows, model.fit_predict(rows), np.ones(len(rows))) for rows in samples]))


def _stability(model: Clusterer, rows: np.ndarray, n_splits: int, random: np.random.Generator) -> float | None:
    if len(rows) < _LEAST_FOR_STABILITY:
        return None
    scores = []
    for _ in range(n_splits):
        halves = np.array_split(random.permutation(len(rows)), 2)
        try:
            scores.append(adjusted_rand_score(*(model.fit(rows[half]).predict(rows) for half in halves)))
        except VectorError:  # half of the rows do not have as many clusters
            scores.append(0.0)
    return float(np.mean(scores))


def _note(ranked: tuple[Candidate, ...], near: list[int], how: str) -> str:
    """Describe how sure the choice is: the stability of the best candidate, and which others are nearly as clear."""
    best = ranked[0]
    if best.stability is None:
        sure = "unsure: too few to test stability"
    else:
        degree = "sure" if best.stability >= _SURE else "fairly sure" if best.stability >= _FAIRLY_SURE else "unsure"
        sure = f"{degree}: two halves of the texts agree to {best.stability:.2f} (adjusted Rand index)"
    range_ = f"; {min(near)} to {max(near)} clusters are about as clear" if len(near) > 1 else ""
    tried = sorted(candidate.clusters for candidate in ranked)
    return (
        f"{best.clusters} clusters chosen from {len(tried)} numbers between {tried[0]} and {tried[-1]} "
        f"({how} distinct texts, gap and stability); {sure}{range_}"
    )
