"""Novelty by the distance to groups."""

from typing import Literal

import numpy as np
from sklearn.cluster import KMeans
from sklearn.utils import check_random_state

from textssl.density.base import MOST_LEARNED, Detector
from textssl.estimators.validation import VectorError, check_whole

_SWEEPS = 30  # of coordinate descent


class GroupDistance(Detector):
    """The distance to the nearest non-negative combination of group centres, times -1.

    Groups are found by k-means. The soft assignment of a row is the non-negative least squares solution (Lawson &
    Hanson 1974): a text between two groups that it mixes is not odd, a text far from all groups is.

    Parameters:
        n_groups: int or "auto", default "auto". The number of groups; "auto" = the square root of half of the rows, at
            most 64.
        contamination: float in (0, 0.5], default 0.05. The share of the training rows that are outliers.
        max_samples: int, default 5_000. The most rows that are learned from.
        random_state: int or None, default None. The seed.

    Attributes:
        centres_: (n_groups, d) float64, the group centres.
        offset_, aside_scores_, n_features_in_: as in `Detector`.
    """

    STATE = (*Detector.STATE, "centres_")

    def __init__(
        self,
        n_groups: int | Literal["auto"] = "auto",
        contamination: float = 0.05,
        max_samples: int = MOST_LEARNED,
        random_state: int | None = None,
    ) -> None:
        self.n_groups = n_groups
        self.contamination = contamination
        self.max_samples = max_samples
        self.random_state = random_state

    def _check_parameters(self) -> None:
        if self.n_groups != "auto":
            check_whole("n_groups", self.n_groups, 1)

    def _learn(self, rows: np.ndarray) -> None:
        distinct = np.unique(rows, axis=0).astype(np.float64)
        k = min(64, max(1, int(np.sqrt(len(rows) / 2))), len(distinct)) if self.n_groups == "auto" else self.n_groups
        if k > len(distinct):
            raise VectorError(f"{len(distinct)} distinct texts cannot make {k} groups: ask for at most {len(distinct)}")
        means = KMeans(k, n_init=1, random_state=check_random_state(self.random_state)).fit(rows)
        self.centres_ = means.cluster_centers_.astype(np.float64)

    def _score(self, rows: np.ndarray) -> np.ndarray:
        rows = rows.astype(np.float64)
        return -np.linalg.norm(rows - non_negative_weights(rows, self.centres_) @ self.centres_, axis=1)


def non_negative_weights(rows: np.ndarray, centres: np.ndarray) -> np.ndarray:
    """Return the non-negative weights (n, k) whose combinations of `centres` (k, d) are nearest to `rows` (n, d)."""
    products, gram = rows @ centres.T, centres @ centres.T
    weights = np.zeros_like(products)
    for _ in range(_SWEEPS):
        for j in np.flatnonzero(np.diag(gram) > 0):
            step = (products[:, j] - weights @ gram[:, j]) / gram[j, j]
            weights[:, j] = np.maximum(weights[:, j] + step, 0)
    return weights
