"""Which texts to label first: those that cover the corpus, typical ones before odd ones.

At every step, the next text is the one after which the labelled texts are spread most evenly over the groups of several
clusterings, measured by the sum of their entropies; of equals, the most typical one, that with the nearest neighbours
(TypiClust, Hacohen et al. 2022, with one clustering). So the first n texts are a good choice for any n.
"""

from collections.abc import Sequence

import numpy as np
from scipy.special import entr

from textssl.classification.graph import kmeans_labels, nearest_neighbors
from textssl.errors import DataError
from textssl.estimators.unit_vectors import unique_nonzero_rows, unit_rows

_TYPICALITY = 1e-3  # weight in nats: it decides between equals, and nearly equals


def choose_rows(
    vectors: np.ndarray,
    count: int,
    seed: int = 0,
    clusterings: Sequence[np.ndarray] = (),
    n_neighbors: int = 15,
    max_texts: int = 20_000,
) -> np.ndarray:
    """Return the rows to label, (count,), the most informative first.

    Args:
        vectors: (n, d); a row of zeros is never chosen, nor are two equal rows.
        count: number of rows.
        seed: of k-means, and of the sample. Default 0.
        clusterings: further clusterings of the rows, (n,) each, -1 for none, beside k-means at 4, 8, … 256 clusters.
        n_neighbors: neighbours by which a row is typical. Default 15.
        max_texts: most rows to choose from; of more, a random sample. Default 20,000.

    Raises:
        DataError: if there are fewer distinct rows than `count`.
    """
    rows = unique_nonzero_rows(vectors)
    if len(rows) < count:
        raise DataError(f"cannot choose {count} of {len(rows)} distinct texts: ask for fewer")
    rows = np.sort(np.random.default_rng([seed, 4]).permutation(rows)[: max(count, max_texts)])
    unit = unit_rows(vectors, rows)
    typicality = nearest_neighbors(unit, n_neighbors).sum(axis=1) / n_neighbors
    groups = kmeans_labels(unit, seed) + [np.unique(each[rows], return_inverse=True)[1] for each in clusterings]
    visits = [np.zeros(labels.max() + 1) for labels in groups]
    chosen: list[int] = []
    for _ in range(count):
        gain = _TYPICALITY * typicality
        for labels, seen in zip(groups, visits, strict=True):
            gain += _entropy_after_a_visit(seen)[labels]
        gain[chosen] = -np.inf
        chosen.append(int(gain.argmax()))
        for labels, seen in zip(groups, visits, strict=True):
            seen[labels[chosen[-1]]] += 1
    return rows[chosen]


def _entropy_after_a_visit(visits: np.ndarray) -> np.ndarray:
    """Return the entropy of the visits (k,) in nats after one more visit to each of the groups, (k,)."""
    total = visits.sum() + 1
    return entr(visits / total).sum() - entr(visits / total) + entr((visits + 1) / total)
