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
        "neighbours and groups, transfer = the encoder fine-tuned on the labels, hybrid = the same while it also "
        "learns from all texts without labels; auto = head, or groups if that is clearly better in cross-validation",
        choices=ChainMap(dict[str, Any](auto=None), METHODS),
    )
    label_separator: str = setting("", "separator of several labels of a text, such as ;; empty = one label per text")
    folds: int = setting(5, "parts of the labelled texts in cross-validation", low=2)
    margin: float = setting(
        2.0, "auto: standard errors by which another method must be better than head in cross-validation", low=0.0
    )
    neighbors: int = setting(15, "groups: nearest neighbours to which a text passes its label", low=1)
    group_share: float = setting(
        0.7, "groups: share of the labels that is passed on through groups instead of neighbours", low=0.0, high=1.0
    )
    max_texts: int = setting(20_000, "groups: most texts that labels are spread over; all labelled ones count", low=1)
    steps: int = setting(100, "transfer, hybrid: training steps", low=1)
    batch_texts: int = setting(256, "transfer, hybrid: labelled texts per step, or all if there are fewer", low=2)
    learning_rate: float = setting(
        0.001, "transfer, hybrid: peak learning rate of a token table; a fiftieth of it for layers", low=0.0
    )
    kept_tokens: float = setting(
        0.7,
        "transfer, hybrid: share of the tokens that are read of a labelled text, at random in each step",
        low=0.1,
        high=1.0,
    )
    unlabelled_texts: int = setting(512, "hybrid: texts without labels per step", low=2)
    consistency: float = setting(1.0, "hybrid: weight of the consistency between views", low=0.0)
    self_supervised: float = setting(0.3, "hybrid: weight of the agreement of the halves of texts on clusters", low=0.0)
