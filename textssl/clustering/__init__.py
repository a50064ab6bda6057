"""Vectors in, clusters out: clusterers, the number of clusters, and assigning new vectors."""

from importlib import import_module
from typing import Any

# Public names and where they are defined; a name is imported when it is first used, so that settings stay light.
_PUBLIC = {
    "Agglomerative": "textssl.clustering.agglomerative",
    "Assignment": "textssl.clustering.base",
    "Clustering": "textssl.clustering.registry",
    "ClusteringSettings": "textssl.clustering.settings",
    "LinkedKMeans": "textssl.clustering.linked",
    "MiniBatchSphericalKMeans": "textssl.clustering.kmeans",
    "ReducedGaussianMixture": "textssl.clustering.gmm",
    "ReducedHDBSCAN": "textssl.clustering.hdbscan",
    "SphericalKMeans": "textssl.clustering.kmeans",
    "cluster": "textssl.clustering.registry",
    "load_clusterer": "textssl.clustering.saving",
    "save_clusterer": "textssl.clustering.saving",
}

__all__ = list(_PUBLIC)


def __getattr__(name: str) -> Any:
    if name not in _PUBLIC:
        raise AttributeError(f"module 'textssl.clustering' has no attribute {name!r}")
    return getattr(import_module(_PUBLIC[name]), name)


def __dir__() -> list[str]:
    return __all__
