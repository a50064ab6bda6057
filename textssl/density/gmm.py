"""Novelty by a Gaussian mixture."""

import warnings
from typing import Literal

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.mixture import GaussianMixture
from sklearn.utils import check_random_state

from textssl.density.base import MOST_LEARNED
from textssl.density.reduced import ReducedDensity, n_gaussians
from textssl.estimators.validation import VectorError, check_whole


class GaussianMixtureDensity(ReducedDensity):
    """The log density by a Gaussian mixture with diagonal covariances, fitted by EM (Dempster et al. 1977) after PCA.

    Parameters:
        n_components: int or "auto", default "auto". The number of Gaussians; "auto" = one for every 50 rows, at most 8.
        pca_dimensions: int, default 16. The dimensions that PCA keeps; one Gaussian describes the others.
        contamination: float in (0, 0.5], default 0.05. The share of the training rows that are outliers.
        max_samples: int, default 5_000. The most rows that are learned from.
        random_state: int or None, default None. The seed.

    Attributes:
        weights_, means_, precisions_cholesky_: as in scikit-learn's GaussianMixture.
        mean_, directions_, deviations_, rest_: the PCA, and the standard deviation of what it leaves.
        offset_, aside_scores_, n_features_in_: as in `Detector`.
    """

    STATE = (*ReducedDensity.STATE, "weights_", "means_", "precisions_cholesky_")

    def __init__(
        self,
        n_components: int | Literal["auto"] = "auto",
        pca_dimensions: int = 16,
        contamination: float = 0.05,
        max_samples: int = MOST_LEARNED,
        random_state: int | None = None,
    ) -> None:
        self.n_components = n_components
        self.pca_dimensions = pca_dimensions
        self.contamination = contamination
        self.max_samples = max_samples
        self.random_state = random_state

    def _check_parameters(self) -> None:
        super()._check_parameters()
        if self.n_components != "auto":
            check_whole("n_components", self.n_components, 1)

    def _learn_components(self, components: np.ndarray) -> None:
        k = n_gaussians(self.n_components, len(components))
        if k > len(components):
            raise VectorError(f"{len(components)} texts to learn from cannot make {k} Gaussians: ask for fewer")
        seed = check_random_state(self.random_state)
        mixture = GaussianMixture(k, covariance_type="diag", reg_covar=1e-2, random_state=seed)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)  # also of fewer distinct rows than Gaussians
            mixture.fit(components if len(components) > 1 else np.repeat(components, 2, axis=0))
        self.weights_, self.means_ = mixture.weights_, mixture.means_
        self.precisions_cholesky_ = mixture.precisions_cholesky_

    def _log_density(self, components: np.ndarray) -> np.ndarray:
        mixture = GaussianMixture(len(self.weights_), covariance_type="diag")
        mixture.weights_, mixture.means_ = self.weights_, self.means_
        mixture.precisions_cholesky_ = self.precisions_cholesky_
        return mixture.score_samples(components)
