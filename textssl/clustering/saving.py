"""Saving and loading of fitted clusterers and hierarchies."""

from pathlib import Path

from textssl.clustering.base import Clusterer
from textssl.clustering.hierarchy import Hierarchy
from textssl.clustering.registry import CLUSTERERS, Entry
from textssl.estimators.saving import load_estimator, save_estimator

_HIERARCHIES = {"hierarchy": Entry("textssl.clustering.hierarchy:Hierarchy")}


def save_clusterer(clusterer: Clusterer, path: str | Path) -> None:
    """Save a fitted clusterer to one safetensors file.

    Args:
        clusterer: of a class in the registry `CLUSTERERS`.
        path: the file to write.

    Raises:
        UsageError: if the class is not in the registry.
        DataError: if the file cannot be written.
    """
    save_estimator(clusterer, Path(path), CLUSTERERS)


def load_clusterer(path: str | Path) -> Clusterer:
    """Load a clusterer; it predicts the same labels as before it was saved.

    Args:
        path: the file that `save_clusterer` wrote.

    Raises:
        DataError: if the file is missing, damaged, or not a clusterer.
    """
    return load_estimator(Path(path), CLUSTERERS, Clusterer)


def save_hierarchy(hierarchy: Hierarchy, path: str | Path) -> None:
    """Save a fitted hierarchy to one safetensors file; raise DataError if it cannot be written."""
    save_estimator(hierarchy, Path(path), _HIERARCHIES)


def load_hierarchy(path: str | Path) -> Hierarchy:
    """Load what `save_hierarchy` wrote; raise DataError if the file is missing, damaged, or not a hierarchy."""
    return load_estimator(Path(path), _HIERARCHIES, Hierarchy)
