"""Vectors in, clusters out: clusterers, the number of clusters, and assigning new vectors."""

from importlib import import_module
from typing import Any

from textssl.clustering.registry import CLUSTERERS

# Public names and the modules that define them. A name is imported on first use, so that settings load quickly.
_PUBLIC = {
    "Assignment": "textssl.clustering.base",
    "Clustering": "textssl.clustering.clustering",
    "ClusteringSettings": "textssl.clustering.settings",
    "cluster": "textssl.clustering.clustering",
    "load_clusterer": "textssl.clustering.saving",
    "save_clusterer": "textssl.clustering.saving",
} | {name: module for module, _, name in (entry.path.partition(":") for entry in CLUSTERERS.values())}

__all__ = sorted(_PUBLIC)


def __getattr__(name: str) -> Any:
    if name not in _PUBLIC:
        raise AttributeError(f"module 'textssl.clustering' has no attribute {name!r}")
    return getattr(import_module(_PUBLIC[name]), name)


def __dir__() -> list[str]:
    return __all__
