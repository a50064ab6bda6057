"""What clusters are made of: the shares of clusters by the values of a column, and over time."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Composition:
    """How the texts of each value of a column are spread over clusters.

    Attributes:
        values: (v,) the values, sorted.
        clusters: (k,) int, the clusters.
        counts: (v, k) int, texts with a value that are in a cluster.
        shares: (v, k), the share of the texts with a value that are in a cluster.
        low: (v, k), the lower end of the interval of the share.
        high: (v, k), the upper end.
        elsewhere: (v, k), the share of all other texts that are in the cluster.
        q: (v, k), the smallest false discovery rate at which share and `elsewhere` differ by more than chance.
    """

    values: list[str]
    clusters: np.ndarray
    counts: np.ndarray
    shares: np.ndarray
    low: np.ndarray
    high: np.ndarray
    elsewhere: np.ndarray
    q: np.ndarray


def counts_of(labels: np.ndarray, values: Sequence[str | None]) -> tuple[list[str], np.ndarray, np.ndarray]:
    """Return the values (v,), sorted, the clusters (k,), and how many texts have both, (v, k); others do not count."""
    known = np.array([value is not None for value in values], bool) & (labels >= 0)
    names, rows = np.unique(np.array([value or "" for value in values], object)[known].astype(str), return_inverse=True)
    clusters, columns = np.unique(labels[known], return_inverse=True)
    counts = np.bincount(rows * len(clusters) + columns, minlength=len(names) * len(clusters))
    return names.tolist(), clusters, counts.reshape(len(names), len(clusters))


def composition(
    labels: np.ndarray, values: Sequence[str | None], seed: int = 0, level: float = 0.95, n_resamples: int = 1_000
) -> Composition:
    """Compare the shares of clusters among the texts with each value of a column.

    Intervals are percentiles of the bootstrap (Efron 1979): the texts with a value are drawn again with replacement.
    Whether a share differs from that of all other texts is tested exactly (hypergeometric distribution, two-sided),
    and corrected for the number of comparisons (Benjamini & Hochberg 1995).

    Args:
        labels: (n,) int, the cluster of each text, -1 for none; these do not count.
        values: n values of a column; texts with None do not count.
        seed: of the bootstrap. Default 0.
        level: of the intervals. Default 0.95.
        n_resamples: of the bootstrap. Default 1,000.
    """
    from scipy.stats import false_discovery_control, hypergeom

    names, clusters, counts = counts_of(labels, values)
    sizes, totals, every = counts.sum(axis=1, keepdims=True), counts.sum(axis=0, keepdims=True), counts.sum()
    shares = counts / np.maximum(sizes, 1)
    random, tail = np.random.default_rng(seed), 100 * (1 - level) / 2
    drawn = [random.multinomial(size, share, n_resamples) / size for (size,), share in zip(sizes, shares, strict=True)]
    ends = np.array([np.percentile(each, [tail, 100 - tail], axis=0) for each in drawn])
    ends = ends.reshape(len(names), 2, len(clusters))
    fewer, more = hypergeom.cdf(counts, every, totals, sizes), hypergeom.sf(counts - 1, every, totals, sizes)
    p = np.minimum(1, 2 * np.minimum(fewer, more))
    return Composition(
        values=names,
        clusters=clusters,
        counts=counts,
        shares=shares,
        low=ends[:, 0],
        high=ends[:, 1],
        elsewhere=(totals - counts) / np.maximum(every - sizes, 1),
        q=false_discovery_control(p.ravel()).reshape(p.shape) if p.size else p,
    )
