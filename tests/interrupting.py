"""A training that is interrupted at a step of one's choice."""

from collections.abc import Callable
from types import SimpleNamespace


def cut_off_at(cut: int, train: Callable) -> Callable:
    """Return `train`, interrupted when it asks for the batch of step `cut`."""

    def cut_off(task, *rest):
        def stopping(step):
            if step == cut:
                raise KeyboardInterrupt
            return task.batch_at(step)

        train(SimpleNamespace(model=task.model, loss=task.loss, batch_at=stopping), *rest)

    return cut_off
