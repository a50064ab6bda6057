"""Saving and loading of fitted novelty detectors."""

from pathlib import Path

from textssl.density.base import Detector
from textssl.density.registry import DETECTORS
from textssl.estimators.saving import load_estimator, save_estimator


def save_detector(detector: Detector, path: str | Path) -> None:
    """Save a fitted detector to one safetensors file.

    Args:
        detector: of a class in the registry `DETECTORS`.
        path: the file to write.

    Raises:
        UsageError: if the class is not in the registry.
        DataError: if the file cannot be written.
    """
    save_estimator(detector, Path(path), DETECTORS)


def load_detector(path: str | Path) -> Detector:
    """Load a detector; it returns the same scores as before it was saved.

    Args:
        path: the file that `save_detector` wrote.

    Raises:
        DataError: if the file is missing, damaged, or not a detector.
    """
    return load_estimator(Path(path), DETECTORS, Detector)
