"""The closed registry of objectives."""

from collections.abc import Callable

from textssl.pretraining.objectives import clm, mlm
from textssl.training.tasks import Batch

OBJECTIVES: dict[str, Callable[..., Batch]] = {"mlm": mlm.corrupt, "clm": clm.corrupt}
