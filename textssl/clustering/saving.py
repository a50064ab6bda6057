"""Saving and loading of fitted clusterers."""

from pathlib import Path

from textssl.clustering.base import Clusterer
from textssl.clustering.registry import CLUSTERERS
from textssl.estimators.saving import load_estimator, save_estimator


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
