"""Vectors in, fewer dimensions out: reducers, which place new vectors without fitting again."""

from importlib import import_module
from typing import Any

from textssl.reduction.registry import REDUCERS

# Public names and the modules that define them. A name is imported on first use, so that settings load quickly.
_PUBLIC = {
    "Reduction": "textssl.reduction.reduction",
    "ReductionSettings": "textssl.reduction.settings",
    "load_reducer": "textssl.reduction.saving",
    "reduce": "textssl.reduction.reduction",
    "save_reducer": "textssl.reduction.saving",
} | {name: module for module, _, name in (entry.path.partition(":") for entry in REDUCERS.values())}

__all__ = sorted(_PUBLIC)


def __getattr__(name: str) -> Any:
    if name not in _PUBLIC:
        raise AttributeError(f"module 'textssl.reduction' has no attribute {name!r}")
    return getattr(import_module(_PUBLIC[name]), name)


def __dir__() -> list[str]:
    return __all__
