"""The closed registry of sentence objectives."""

from collections.abc import Callable
from typing import NamedTuple

from torch import nn

from textssl.encoder.objectives import crops, denoising, dropout, split_views
from textssl.encoder.objectives.contrast import Contrast
from textssl.encoder.settings import objective_names
from textssl.training.loop import Batch


class Objective(NamedTuple):
    """How a batch of texts becomes what the model sees, and the module that makes a loss of it."""

    views: Callable[..., Batch]
    learner: Callable[..., nn.Module]


OBJECTIVES = {
    "split_views": Objective(split_views.views, Contrast),
    "crops": Objective(crops.views, Contrast),
    "dropout": Objective(dropout.views, dropout.DropoutContrast),
    "denoising": Objective(denoising.views, denoising.Denoiser),
}


def objectives_named(names: str) -> list[Objective]:
    """Return the objectives of a list such as ``"denoising,split_views"``, in order.

    Raises:
        UsageError: for an unknown name, naming the nearest.
    """
    return [OBJECTIVES[name] for name in objective_names(names)]
