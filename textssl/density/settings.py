"""The settings of novelty."""

from dataclasses import dataclass
from typing import Literal

from textssl.config import Settings, setting
from textssl.density.registry import METHODS


@dataclass(frozen=True)
class DensitySettings(Settings, path="density"):
    """How the oddness of texts is measured. The registry of detectors lists the settings that each of them takes."""

    method: str = setting(
        "auto",
        "how it is measured, one of {choices}; auto = neighbours, words and letters, added up",
        choices=METHODS,
    )
    contamination: float = setting(
        0.05, "an outlier is odder than all but this share of the texts", low=0.0001, high=0.5
    )
    n_neighbors: int | Literal["auto"] = setting(
        "auto",
        "neighbours, letters: nearest texts that a text is compared with; auto = 10, or 5 by letters",
        low=1,
    )
    n_components: int | Literal["auto"] = setting(
        "auto", "gmm, autoencoder: number of Gaussians; auto = one for every 50 texts, at most 8", low=1
    )
    pca_dimensions: int = setting(16, "gmm, flow: number of dimensions that PCA keeps", low=1)
