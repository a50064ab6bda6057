"""Tasks: what a model learns, as the batch of each step and its loss. A weighted sum of tasks is a task."""

from collections.abc import Sequence
from typing import Protocol

import torch
from torch import nn

Batch = dict[str, torch.Tensor]


class Task(Protocol):
    """What a model learns."""

    @property
    def model(self) -> nn.Module:
        """The module that is trained, with every parameter that the loss depends on."""

    def batch_at(self, step: int) -> Batch:
        """Return the batch of a step; it depends on the step only."""

    def loss(self, batch: Batch) -> torch.Tensor:
        """Return the scalar loss of a batch."""


class Sum:
    """The weighted sum of the losses of several tasks, each on its own batches; their models may share parameters.

    Args:
        parts: (weight, task) pairs.
    """

    def __init__(self, parts: Sequence[tuple[float, Task]]) -> None:
        self.parts = list(parts)
        self.model = nn.ModuleList([task.model for _, task in self.parts])

    def batch_at(self, step: int) -> Batch:
        """Return the tensors of all tasks; each name begins with the number of its task."""
        return {
            f"{number}/{name}": tensor
            for number, (_, task) in enumerate(self.parts)
            for name, tensor in task.batch_at(step).items()
        }

    def loss(self, batch: Batch) -> torch.Tensor:
        """Return the weighted sum of the losses."""
        own: list[Batch] = [{} for _ in self.parts]
        for name, tensor in batch.items():
            number, _, rest = name.partition("/")
            own[int(number)][rest] = tensor
        losses = [weight * task.loss(part) for (weight, task), part in zip(self.parts, own, strict=True)]
        return torch.stack(losses).sum()
