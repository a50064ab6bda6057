"""The sentence objectives by name. Loads nothing heavy: what an entry names is imported when it is first used."""

from collections.abc import Callable
from pkgutil import resolve_name
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from torch import nn

    from textssl.training.tasks import Batch


class Objective(NamedTuple):
    """An objective.

    Attributes:
        views_at: where the function is that makes what the model sees of a batch of texts, as ``"module:name"``.
        learner_at: where the module is that makes a loss of it.
    """

    views_at: str
    learner_at: str

    @property
    def views(self) -> "Callable[..., Batch]":
        """The function that makes what the model sees; see `split_views.views`."""
        return resolve_name(self.views_at)

    @property
    def learner(self) -> "Callable[..., nn.Module]":
        """The class of the module that makes a loss of it, of the model and the settings; see `Contrast`."""
        return resolve_name(self.learner_at)


_OWN = "textssl.encoder.objectives."
OBJECTIVES = {
    "split_views": Objective(_OWN + "split_views:views", _OWN + "contrast:Contrast"),
    "crops": Objective(_OWN + "crops:views", _OWN + "contrast:Contrast"),
    "dropout": Objective(_OWN + "dropout:views", _OWN + "dropout:DropoutContrast"),
    "denoising": Objective(_OWN + "denoising:views", _OWN + "denoising:Denoiser"),
}
