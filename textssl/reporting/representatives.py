"""How typical each text is of its cluster, and the most typical texts."""

import numpy as np

from textssl.estimators.unit_vectors import group_sums, normalized

# Rows read at a time, so that a memory map is never copied whole.
_BATCH = 8192


def representatives(
    embeddings: np.ndarray, labels: np.ndarray, top: int = 5, rows: np.ndarray | None = None
) -> dict[int, np.ndarray]:
    """Return the rows closest (cosine) to the mean direction of each cluster, closest first.

    Args:
        embeddings: (n, d); may be a memory map.
        labels: (n,) cluster of each row; noise (-1) has no representatives.
        top: maximum number of rows per cluster.
        rows: the rows to choose from, e.g. the first of each distinct text; all if None.
    """
    labels = np.asarray(labels)
    similarity = typicality(embeddings, labels)
    chosen = np.arange(len(labels)) if rows is None else np.asarray(rows, np.int64)
    order = chosen[np.lexsort((chosen, -similarity[chosen]))]
    return {int(cluster): order[labels[order] == cluster][:top] for cluster in np.unique(labels) if cluster >= 0}


def typicality(embeddings: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Return the cosine of each row to the mean direction of its cluster, float32 (n,).

    Args:
        embeddings: (n, d); may be a memory map.
        labels: (n,) cluster of each row; noise (-1) counts as one.
    """
    clusters, place = np.unique(labels, return_inverse=True)
    blocks = [slice(start, start + _BATCH) for start in range(0, len(labels), _BATCH)]
    sums = np.zeros((len(clusters), embeddings.shape[1]))
    for block in blocks:
        rows = normalized(embeddings[block])
        sums += group_sums(rows, place[block], np.ones(len(rows)), len(clusters))
    centres, similarity = normalized(sums), np.empty(len(labels), np.float32)
    for block in blocks:
        similarity[block] = np.einsum("nd,nd->n", normalized(embeddings[block]), centres[place[block]])
    return similarity
