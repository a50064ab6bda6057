"""How clearly groups are told apart: what groupings into as many groups are compared by, without labels."""

import numpy as np

from textssl.clustering.rows import blocks, directions, group_sums


def margin(rows: np.ndarray, labels: np.ndarray, masses: np.ndarray) -> float:
    """Return by how much unit rows (n, d) are nearer to the first than to the second of the groups' mean directions.

    A mean of cosines, 0 to 2, over rows that count `masses` (n,) times; 0 where there is one group. It is the
    silhouette with groups reduced to their centres (Hruschka et al. 2006), not divided by the larger distance.
    """
    centres = directions(group_sums(rows, labels, masses, labels.max() + 1))
    if len(centres) == 1:
        return 0.0
    total = 0.0
    for block in blocks(len(rows), len(centres)):
        two = np.partition(rows[block] @ centres.T, -2, axis=1)[:, -2:]
        total += float(masses[block] @ (two[:, 1] - two[:, 0]))
    return total / float(masses.sum())
