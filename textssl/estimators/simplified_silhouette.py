"""The simplified silhouette: how well separated clusters are, without known classes."""

import numpy as np

from textssl.estimators.unit_vectors import blocks, group_sums, normalized


def margin(rows: np.ndarray, labels: np.ndarray, weights: np.ndarray) -> float:
    """Return the mean over the rows of the cosine to the nearest cluster minus that to the second nearest.

    This is the silhouette with each cluster reduced to its mean direction (Hruschka et al. 2006), without division by
    the larger distance.

    Args:
        rows: (n, d), of unit length.
        labels: (n,), the cluster of each row, from 0.
        weights: (n,), how often each row counts.

    Returns:
        The margin, from 0 to 2; 0 for a single cluster.
    """
    centres = normalized(group_sums(rows, labels, weights, labels.max() + 1))
    if len(centres) == 1:
        return 0.0
    total = 0.0
    for block in blocks(len(rows), len(centres)):
        two = np.partition(rows[block] @ centres.T, -2, axis=1)[:, -2:]
        total += float(weights[block] @ (two[:, 1] - two[:, 0]))
    return total / float(weights.sum())
