"""Kernel density estimation."""

import math
from typing import Literal

import numpy as np

from textssl.density.base import MOST_LEARNED, Detector, sample_of, similarities
from textssl.estimators.validation import ParameterError

_BANDWIDTHS = np.geomspace(0.05, 2.0, 30)
_ALONE = 0.5  # of a single row
_CHOSEN_ON = 2_000  # rows that the bandwidth is chosen on


class KernelLogDensity(Detector):
    """The log density by a Gaussian kernel on every training row (Parzen 1962).

    A row that equals a training row is scored without the kernel on that row. The bandwidth "auto" has the highest
    likelihood of the rows, each left out (Duin 1976).

    Parameters:
        bandwidth: float or "auto", default "auto". The standard deviation of the kernel, between rows of unit length.
        contamination: float in (0, 0.5], default 0.05. The share of the training rows that are outliers.
        max_samples: int, default 5_000. The most rows that are learned from.
        random_state: int or None, default None. The seed.

    Attributes:
        rows_: (m, d) float32, the training rows, of unit length.
        bandwidth_: float64 (), the bandwidth used.
        offset_, aside_scores_, n_features_in_: as in `Detector`.
    """

    STATE = (*Detector.STATE, "rows_", "bandwidth_")

    def __init__(
        self,
        bandwidth: float | Literal["auto"] = "auto",
        contamination: float = 0.05,
        max_samples: int = MOST_LEARNED,
        random_state: int | None = None,
    ) -> None:
        self.bandwidth = bandwidth
        self.contamination = contamination
        self.max_samples = max_samples
        self.random_state = random_state

    def _check_parameters(self) -> None:
        if self.bandwidth != "auto" and not self.bandwidth > 0:
            raise ParameterError(f"bandwidth must be a number > 0 or 'auto', got {self.bandwidth!r}")

    def _learn(self, rows: np.ndarray) -> None:
        self.rows_ = rows.astype(np.float64)
        if self.bandwidth != "auto" or len(rows) < 2:
            self.bandwidth_ = np.float64(_ALONE if self.bandwidth == "auto" else self.bandwidth)
            return
        some = self.rows_[sample_of(len(rows), _CHOSEN_ON, self.random_state)]
        likelihoods = [_log_densities(some, some, bandwidth).mean() for bandwidth in _BANDWIDTHS]
        self.bandwidth_ = _BANDWIDTHS[int(np.argmax(likelihoods))]

    def _score(self, rows: np.ndarray) -> np.ndarray:
        return _log_densities(rows.astype(np.float64), self.rows_, float(self.bandwidth_))


def _log_densities(rows: np.ndarray, centres: np.ndarray, bandwidth: float) -> np.ndarray:
    scores = np.empty(len(rows))
    for block, cosines in similarities(rows, centres):
        exponents = (cosines - 1) / bandwidth**2
        highest = exponents.max(axis=1)
        sums = np.exp(exponents - highest[:, None]).sum(axis=1)
        scores[block] = highest + np.log(sums / np.isfinite(exponents).sum(axis=1))
    return scores - rows.shape[1] * math.log(bandwidth * math.sqrt(2 * math.pi))
