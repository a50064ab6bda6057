"""The k-means clusterer of clusters that were refined together with the vectors."""

import numpy as np

from textssl.clustering.kmeans import SphericalKMeans


def refined_kmeans(
    vectors: np.ndarray,
    centres: np.ndarray,
    offsets: np.ndarray,
    concentration: float,
    n_clusters: int | None = None,
    notes: tuple[str, ...] = (),
) -> SphericalKMeans:
    """Return the fitted clusterer of given centres, with the requested number of clusters.

    A row x belongs to the cluster with the highest concentration * cos(x, centre) + offset. Empty clusters are removed.
    Clusters that are missing from the requested number are seeded with the worst-fitting rows, one each.

    Args:
        vectors: (n, d), of unit length.
        centres: (k, d), of unit length.
        offsets: (k,), the log weights of the clusters.
        concentration: of the von Mises-Fisher distributions around the centres.
        n_clusters: the number of clusters; None = those that are not empty.
        notes: the notes of the initial clusters.
    """
    scores = concentration * vectors @ centres.T + offsets
    used = np.unique(scores.argmax(axis=1))
    centres, offsets, scores = centres[used], offsets[used], scores[:, used]
    labels, best = scores.argmax(axis=1), scores.max(axis=1)
    margin = np.sort(scores, axis=1)[:, -2:] @ [-1, 1] if len(used) > 1 else best
    for outlier in np.argsort(margin, kind="stable"):
        if len(centres) >= (n_clusters or 0):
            break
        centre = vectors[outlier]
        offset = best[outlier] - concentration * centre @ centre + 0.01
        score = concentration * vectors @ centre + offset
        moved = score > best
        if np.isin(labels[moved], labels[~moved], invert=True).any():
            continue  # it would empty another cluster
        labels[moved] = len(centres)
        best = np.maximum(best, score)
        centres, offsets = np.vstack([centres, centre]), np.append(offsets, offset)
    if len(used) < len(centres):
        notes += (
            f"the texts support {len(used)} of the {n_clusters} requested clusters; "
            f"the other {len(centres) - len(used)} were seeded with the worst-fitting texts",
        )
    return SphericalKMeans.from_centres(vectors, centres, concentration, offsets, notes)
