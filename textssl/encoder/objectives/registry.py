"""The registry of sentence objectives. Loads nothing heavy: an objective is imported when it is first used."""

from collections.abc import Callable
from pkgutil import resolve_name
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from torch import nn

    from textssl.training.tasks import Batch


class Objective(NamedTuple):
    """A sentence objective.

    Attributes:
        views_path: the function from a batch of texts to what the model reads of them, as ``"module:name"``.
        learner_path: the module from that to a loss, likewise.
    """

    views_path: str
    learner_path: str

    @property
    def views(self) -> "Callable[..., Batch]":
        """The function that computes the views of a batch of texts; see `split_views.views`."""
        return resolve_name(self.views_path)

    @property
    def learner(self) -> "Callable[..., nn.Module]":
        """The class of the module that computes the loss; made with the model and `ObjectiveInputs`, see `Contrast`."""
        return resolve_name(self.learner_path)


_OWN = "textssl.encoder.objectives."
OBJECTIVES = {
    "split_views": Objective(_OWN + "split_views:views", _OWN + "views:Contrast"),
    "crops": Objective(_OWN + "crops:views", _OWN + "views:Contrast"),
    "dropout": Objective(_OWN + "dropout:views", _OWN + "dropout:DropoutContrast"),
    "denoising": Objective(_OWN + "denoising:views", _OWN + "denoising:Denoiser"),
    "cluster_agreement": Objective(_OWN + "split_views:views", _OWN + "cluster_agreement:ClusterAgreement"),
    "word_prediction": Objective(_OWN + "word_prediction:views", _OWN + "word_prediction:WordPrediction"),
}
