"""Novelty by an autoencoder with a density head."""

from collections.abc import Mapping
from typing import Literal

import numpy as np

from textssl.density.base import MOST_LEARNED, Detector
from textssl.density.reduced import n_gaussians
from textssl.estimators.validation import check_whole
from textssl.training.autoencoder import errors_and_log_densities, from_arrays, to_arrays, train_autoencoder

_PREFIX = "network_."


class AutoencoderDensity(Detector):
    """How well a row is reconstructed, and how likely its code is, both trained as one loss (DAGMM, Zong et al. 2018).

    The score is the log density of the code plus that of the reconstruction error, by one Gaussian.

    Parameters:
        code_dimensions: int, default 8. The dimensions of the code.
        n_components: int or "auto", default "auto". The Gaussians of the density head; "auto" = one for every 50 rows,
            at most 8.
        steps: int, default 500. The training steps.
        contamination: float in (0, 0.5], default 0.05. The share of the training rows that are outliers.
        max_samples: int, default 5_000. The most rows that are learned from.
        random_state: int or None, default None. The seed.

    Attributes:
        network_: the trained `textssl.training.autoencoder.Autoencoder`.
        error_: float64 (), the mean squared reconstruction error of the training rows.
        offset_, aside_scores_, n_features_in_: as in `Detector`.
    """

    STATE = (*Detector.STATE, "error_")

    def __init__(
        self,
        code_dimensions: int = 8,
        n_components: int | Literal["auto"] = "auto",
        steps: int = 500,
        contamination: float = 0.05,
        max_samples: int = MOST_LEARNED,
        random_state: int | None = None,
    ) -> None:
        self.code_dimensions = code_dimensions
        self.n_components = n_components
        self.steps = steps
        self.contamination = contamination
        self.max_samples = max_samples
        self.random_state = random_state

    def fitted_state(self) -> dict[str, np.ndarray]:
        """Return the arrays of the fitted state by name, with the weights of the network."""
        weights = {f"{_PREFIX}{name}": array for name, array in to_arrays(self.network_).items()}
        return super().fitted_state() | weights

    def set_fitted_state(self, arrays: Mapping[str, np.ndarray]) -> None:
        """Set the fitted state to what `fitted_state` returned."""
        super().set_fitted_state(arrays)
        weights = {name.removeprefix(_PREFIX): arrays[name] for name in arrays if name.startswith(_PREFIX)}
        self.network_ = from_arrays(weights).double()

    def _check_parameters(self) -> None:
        for name in ("code_dimensions", "steps"):
            check_whole(name, getattr(self, name), 1)
        if self.n_components != "auto":
            check_whole("n_components", self.n_components, 1)

    def _learn(self, rows: np.ndarray) -> None:
        gaussians = n_gaussians(self.n_components, len(rows))
        trained = train_autoencoder(rows, self.code_dimensions, gaussians, self.random_state or 0, steps=self.steps)
        self.network_ = trained.double()  # so that a score does not depend on which rows are scored together
        self.error_ = np.maximum(errors_and_log_densities(self.network_, rows)[0].mean(dtype=np.float64), 1e-6)

    def _score(self, rows: np.ndarray) -> np.ndarray:
        errors, logs = errors_and_log_densities(self.network_, rows)
        return logs.astype(np.float64) - 0.5 * rows.shape[1] * errors / self.error_
