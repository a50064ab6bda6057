"""What a model learns: a task gives the batch of each step and its loss; a sum of tasks is a task."""

from collections.abc import Sequence
from typing import Protocol

import torch
from torch import nn

Batch = dict[str, torch.Tensor]


class Task(Protocol):
    """Something that a model learns."""

    @property
    def model(self) -> nn.Module:
        """What is trained; it holds every parameter that the loss depends on."""

    def batch_at(self, step: int) -> Batch:
        """Return the batch of a step; the same step always gives the same batch."""

    def loss(self, batch: Batch) -> torch.Tensor:
        """Return the scalar loss of a batch."""


class Sum:
    """The weighted sum of the losses of several tasks, each on its own batch; their models may share parameters.

    Args:
        parts: pairs of a weight and a task.
    """

    def __init__(self, parts: Sequence[tuple[float, Task]]) -> None:
        self.parts = list(parts)
        self.model = nn.ModuleList([task.model for _, task in self.parts])

    def batch_at(self, step: int) -> Batch:
        """Return the tensors of all tasks, each named after the place of its task."""
        return {
            f"{place}/{name}": tensor
            for place, (_, task) in enumerate(self.parts)
            for name, tensor in task.batch_at(step).items()
        }

    def loss(self, batch: Batch) -> torch.Tensor:
        """Return the weighted sum of the losses."""
        own: list[Batch] = [{} for _ in self.parts]
        for name, tensor in batch.items():
            place, _, rest = name.partition("/")
            own[int(place)][rest] = tensor
        losses = [weight * task.loss(part) for (weight, task), part in zip(self.parts, own, strict=True)]
        return torch.stack(losses).sum()
