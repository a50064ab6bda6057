"""How typical each text is of its cluster, and the most typical texts."""

import numpy as np

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
    centres = _mean_directions(embeddings, place, len(clusters))
    similarity = np.empty(len(labels), np.float32)
    for start in range(0, len(labels), _BATCH):
        unit = _unit(embeddings[start : start + _BATCH])
        similarity[start : start + _BATCH] = np.einsum("nd,nd->n", unit, centres[place[start : start + _BATCH]])
    return similarity


def _mean_directions(embeddings: np.ndarray, place: np.ndarray, clusters: int) -> np.ndarray:
    sums = np.zeros((clusters, embeddings.shape[1]))
    for start in range(0, len(place), _BATCH):
        np.add.at(sums, place[start : start + _BATCH], _unit(embeddings[start : start + _BATCH]))
    return _unit(sums)


def _unit(vectors: np.ndarray) -> np.ndarray:
    """Return the vectors scaled to length 1, zero vectors as they are."""
    vectors = np.asarray(vectors, np.float32)
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors / np.where(lengths > 0, lengths, 1)
