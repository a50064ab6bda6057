"""Few labels in, a classifier out: methods that learn from labelled and unlabelled texts, and which texts to label."""

from importlib import import_module
from typing import Any

# Public names and the modules that define them. A name is imported on first use, so that settings load quickly.
_PUBLIC = {
    "ClassificationSettings": "textssl.classification.settings",
    "LogisticHead": "textssl.classification.head",
    "SpreadLabels": "textssl.classification.groups",
}

__all__ = sorted(_PUBLIC)


def __getattr__(name: str) -> Any:
    if name not in _PUBLIC:
        raise AttributeError(f"module 'textssl.classification' has no attribute {name!r}")
    return getattr(import_module(_PUBLIC[name]), name)


def __dir__() -> list[str]:
    return __all__
