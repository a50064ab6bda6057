"""The settings of a classifier."""

from collections import ChainMap
from dataclasses import dataclass
from typing import Any

from textssl.classification.registry import METHODS
from textssl.config import Settings, setting


@dataclass(frozen=True)
class ClassificationSettings(Settings, path="classification"):
    """How a classifier learns from few labels and all texts."""

    method: str = setting(
        "auto",
        "how to learn, one of {choices}; head = logistic regression on the vectors, groups = labels spread over "
        "neighbours and groups; auto = head, unless another is clearly better in cross-validation",
        choices=ChainMap(dict[str, Any](auto=None), METHODS),
    )
    label_separator: str = setting("", "separator of several labels of a text, such as ;; empty = one label per text")
    folds: int = setting(5, "parts of the labelled texts in cross-validation", low=2)
    margin: float = setting(
        2.0, "auto: standard errors by which another method must be better than head in cross-validation", low=0.0
    )
    neighbors: int = setting(15, "groups: nearest neighbours to which a text passes its label", low=1)
    group_share: float = setting(
        0.5, "groups: share of the labels that is passed on through groups instead of neighbours", low=0.0, high=1.0
    )
    max_texts: int = setting(20_000, "groups: most texts that labels are spread over; all labelled ones count", low=1)
