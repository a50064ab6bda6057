"""The registry of clusterers. It imports none of them, so that settings and help texts load quickly.

To add a clusterer, write its class in a file of this folder and add its entry to `CLUSTERERS`.
"""

from collections import ChainMap
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pkgutil import resolve_name
from typing import TYPE_CHECKING, Any

from textssl.errors import lookup

if TYPE_CHECKING:
    from textssl.clustering.base import Clusterer


@dataclass(frozen=True)
class Entry:
    """A clusterer and its properties.

    Attributes:
        path: where its class is, as ``"package.module:Class"``.
        settings: the fields of `ClusteringSettings` that are parameters of it.
        finds_k: whether it finds the number of clusters itself.
        takes_weights: whether `fit` takes `sample_weight`.
        parameters: values of further parameters.
    """

    path: str
    settings: tuple[str, ...] = ()
    finds_k: bool = False
    takes_weights: bool = False
    parameters: Mapping[str, Any] = field(default_factory=dict)

    @property
    def estimator(self) -> "type[Clusterer]":
        """The class, imported on first use."""
        return resolve_name(self.path)


CLUSTERERS: dict[str, Entry] = {
    "kmeans": Entry("textssl.clustering.kmeans:SphericalKMeans", ("n_init",), takes_weights=True),
    "linked_kmeans": Entry("textssl.clustering.linked:LinkedKMeans", takes_weights=True),
    "vmf": Entry("textssl.clustering.vmf:VonMisesFisherMixture", ("n_init",), takes_weights=True),
    "linked_vmf": Entry(
        "textssl.clustering.vmf:VonMisesFisherMixture", takes_weights=True, parameters={"init": "linked_kmeans"}
    ),
    "minibatch_kmeans": Entry("textssl.clustering.kmeans:MiniBatchSphericalKMeans", takes_weights=True),
    "hdbscan": Entry(
        "textssl.clustering.hdbscan:ReducedHDBSCAN", ("min_cluster_size", "noise", "pca_dimensions"), finds_k=True
    ),
    "agglomerative": Entry("textssl.clustering.agglomerative:Agglomerative", ("linkage",)),
    "gmm": Entry("textssl.clustering.gmm:ReducedGaussianMixture", ("pca_dimensions",)),
}
# Methods that fit several clusterers and keep the one that explains the words of the texts best.
COMPARISONS: dict[str, tuple[str, ...]] = {"auto": ("vmf", "linked_vmf")}
# The valid values of `ClusteringSettings.method`, including those added at run time; comparisons come first.
METHODS: Collection[str] = ChainMap[str, Any](CLUSTERERS, COMPARISONS)


def entries_of(method: str) -> dict[str, Entry]:
    """Return the clusterers that a method fits, by name: one, or those that it compares.

    Raises:
        UsageError: for an unknown method, naming the nearest.
    """
    names = COMPARISONS.get(method, (method,))
    return {name: lookup(CLUSTERERS, name, "clustering method") for name in names}
