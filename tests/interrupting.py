"""A training that is interrupted at a step of one's choice."""

from collections.abc import Callable


def cut_off_at(cut: int, train: Callable) -> Callable:
    """Return `train`, interrupted when it asks for the batch of step `cut`."""

    def cut_off(model, batch_at, *rest):
        def stopping(step):
            if step == cut:
                raise KeyboardInterrupt
            return batch_at(step)

        train(model, stopping, *rest)

    return cut_off
