"""The settings of dimensionality reduction."""

from dataclasses import dataclass
from typing import Literal

from textssl.config import Settings, setting
from textssl.reduction.registry import REDUCERS


@dataclass(frozen=True)
class ReductionSettings(Settings, path="reduction"):
    """How vectors are reduced. The registry of reducers lists the settings that each of them takes."""

    method: str = setting("tsne", "the reducer, also of the map of a run, one of {choices}", choices=REDUCERS)
    max_samples: int | Literal["auto"] = setting(
        "auto",
        "most vectors that are learned from, a random sample; the others are placed; auto = by the method",
        low=2,
    )
    perplexity: float = setting(30.0, "tsne: about how many neighbours of a vector stay near it", low=1)
    n_neighbors: int = setting(15, "umap: how many neighbours of a vector stay near it", low=2)
    density_components: int = setting(
        0, "autoencoder: Gaussians of a density that is learned along with the code; 0 = none", low=0
    )
