"""The base class of the log densities that are learned in the strongest directions of the vectors."""

import math
from typing import ClassVar

import numpy as np

from textssl.density.base import Detector
from textssl.estimators.validation import check_whole

_FLOOR = 1e-5  # the smallest standard deviation, so that a direction without variance has a finite density


class ReducedDensity(Detector):
    """Base class: a density of the whitened principal components, and one Gaussian of what they leave.

    That is probabilistic PCA (Tipping & Bishop 1999) with another density than a Gaussian in the strongest directions.
    A subclass implements `_learn_components` and `_log_density` of the whitened components (n, p), and has the
    parameter `pca_dimensions`.
    """

    STATE: ClassVar[tuple[str, ...]] = (*Detector.STATE, "mean_", "directions_", "deviations_", "rest_")

    pca_dimensions: int

    def _check_parameters(self) -> None:
        check_whole("pca_dimensions", self.pca_dimensions, 1)

    def _learn(self, rows: np.ndarray) -> None:
        rows = rows.astype(np.float64)
        self.mean_ = rows.mean(axis=0)
        variances, directions = np.linalg.eigh(np.cov(rows.T, bias=True).reshape(rows.shape[1], -1))
        kept = min(self.pca_dimensions, rows.shape[1], max(1, len(rows) - 1))
        self.directions_ = np.ascontiguousarray(directions[:, ::-1][:, :kept])
        self.deviations_ = np.maximum(np.sqrt(np.maximum(variances[::-1][:kept], 0)), _FLOOR)
        left = variances[::-1][kept:]
        self.rest_ = np.array(max(math.sqrt(max(left.mean(), 0)), _FLOOR) if len(left) else 1.0)
        self._learn_components(self._components(rows)[0])

    def _score(self, rows: np.ndarray) -> np.ndarray:
        components, squares = self._components(rows.astype(np.float64))
        others = rows.shape[1] - len(self.deviations_)
        rest = -0.5 * squares / self.rest_**2 - others * math.log(float(self.rest_) * math.sqrt(2 * math.pi))
        return self._log_density(components) - np.log(self.deviations_).sum() + rest

    def _components(self, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the whitened components of rows, (n, p), and the squared length of what they leave, (n,)."""
        centred = rows - self.mean_
        found = centred @ self.directions_
        squares = np.maximum(np.square(centred).sum(axis=1) - np.square(found).sum(axis=1), 0)
        return found / self.deviations_, squares

    def _learn_components(self, components: np.ndarray) -> None:
        raise NotImplementedError

    def _log_density(self, components: np.ndarray) -> np.ndarray:
        raise NotImplementedError


def n_gaussians(asked: int | str, rows: int) -> int:
    """Return the number of Gaussians of a mixture: as asked, or for "auto" one for every 50 rows, from 1 to 8."""
    return min(max(1, rows // 50), 8) if asked == "auto" else int(asked)
