"""The registry of novelty detectors. It imports none of them, so that settings and help texts load quickly.

To add a detector, write its class in a file of this folder and add its entry to `DETECTORS`.
"""

from collections import ChainMap
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pkgutil import resolve_name
from typing import TYPE_CHECKING, Any

from textssl.errors import lookup

if TYPE_CHECKING:
    from scipy.sparse import csr_array

    from textssl.density.base import Detector


@dataclass(frozen=True)
class Entry:
    """A detector and its properties.

    Attributes:
        path: where its class is, as ``"package.module:Class"``.
        settings: the fields of `DensitySettings` that are parameters of it.
        log_density: whether `score_samples` returns log densities, in nats.
        bags: the function that makes what it reads of texts, as ``"package.module:name"``; "" = it reads vectors.
    """

    path: str
    settings: tuple[str, ...] = ()
    log_density: bool = False
    bags: str = ""

    @property
    def estimator(self) -> "type[Detector]":
        """The class, imported on first use."""
        return resolve_name(self.path)

    def bags_of(self, texts: "Sequence[str]") -> "csr_array":
        """Return what the detector reads of texts."""
        return resolve_name(self.bags)(texts)


DETECTORS: dict[str, Entry] = {
    "neighbours": Entry("textssl.density.neighbours:NeighbourDistance", ("n_neighbors",)),
    "words": Entry("textssl.density.words:WordRarity", bags="textssl.density.words:hashed_words"),
    "letters": Entry(
        "textssl.density.words:BagNeighbours", ("n_neighbors",), bags="textssl.density.words:hashed_letters"
    ),
    "kernel": Entry("textssl.density.kernel:KernelLogDensity", log_density=True),
    "gmm": Entry("textssl.density.gmm:GaussianMixtureDensity", ("n_components", "pca_dimensions"), log_density=True),
    "groups": Entry("textssl.density.groups:GroupDistance"),
    "flow": Entry("textssl.density.flow:FlowDensity", ("pca_dimensions",), log_density=True),
    "autoencoder": Entry("textssl.density.autoencoder:AutoencoderDensity", ("n_components",)),
}
# Methods that add the standardised scores of several detectors, and the weight of each.
SUMS: dict[str, dict[str, float]] = {"auto": {"neighbours": 1, "words": 1, "letters": 2}}
# The valid values of `DensitySettings.method`, including those added at run time; sums come first.
METHODS: Collection[str] = ChainMap[str, Any](DETECTORS, SUMS)


def weights_of(method: str) -> dict[str, float]:
    """Return the weight of each detector that a method fits, by name: one, or those that it adds.

    Raises:
        UsageError: for an unknown method, naming the nearest.
    """
    if method not in SUMS:
        lookup(DETECTORS, method, "novelty method")
    return SUMS.get(method, {method: 1})
