"""The registry of methods that learn from few labels. It imports none of them, so that settings load quickly.

To add a method, write its function `fit` in a file of this folder and add its entry to `METHODS`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pkgutil import resolve_name
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from textssl.classification.inputs import Fitted, Inputs
    from textssl.classification.linear import LinearClassifier


@dataclass(frozen=True)
class Entry:
    """A method and its properties.

    Attributes:
        path: where its function `fit` is, as ``"package.module:function"``.
        estimator_path: the class of the classifier of vectors that it fits, likewise.
        trains_encoder: whether it changes the encoder, which takes long.
        compared: whether the method auto considers it.
    """

    path: str
    estimator_path: str
    trains_encoder: bool = False
    compared: bool = True

    @property
    def fit(self) -> "Callable[[Inputs], Fitted]":
        """The function that fits an encoder and a classifier, imported on first use."""
        return resolve_name(self.path)

    @property
    def estimator(self) -> "type[LinearClassifier]":
        """The class of the classifier, imported on first use."""
        return resolve_name(self.estimator_path)


_HEAD = "textssl.classification.head:LogisticHead"
METHODS: dict[str, Entry] = {
    "head": Entry("textssl.classification.head:fit", _HEAD),
    "groups": Entry("textssl.classification.groups:fit", "textssl.classification.groups:SpreadLabels"),
    "transfer": Entry("textssl.classification.transfer:fit", _HEAD, trains_encoder=True, compared=False),
    "hybrid": Entry("textssl.classification.hybrid:fit", _HEAD, trains_encoder=True, compared=False),
}
