"""Vectors in, novelty out: how likely a text is among others, and how odd."""

from importlib import import_module
from typing import Any

from textssl.density.registry import DETECTORS

# Public names and the modules that define them. A name is imported on first use, so that settings load quickly.
_PUBLIC = {
    "DensitySettings": "textssl.density.settings",
    "Novelty": "textssl.density.novelty",
    "fit_novelty": "textssl.density.novelty",
    "hashed_letters": "textssl.density.words",
    "hashed_words": "textssl.density.words",
    "load_detector": "textssl.density.saving",
    "save_detector": "textssl.density.saving",
} | {name: module for module, _, name in (entry.path.partition(":") for entry in DETECTORS.values())}

__all__ = sorted(_PUBLIC)


def __getattr__(name: str) -> Any:
    if name not in _PUBLIC:
        raise AttributeError(f"module 'textssl.density' has no attribute {name!r}")
    return getattr(import_module(_PUBLIC[name]), name)


def __dir__() -> list[str]:
    return __all__
