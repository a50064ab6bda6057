"""Early stopping: a model is measured without labels during training, and its best state is kept.

Self-supervised training can make vectors worse while its loss improves, and even while one measure of the vectors
improves. So the model is measured at the start and during training by several measures, a state counts only if none of
them is below the start, training ends when they no longer improve, and the best state is kept, possibly the start.
"""

import json
import math
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import torch
from safetensors import safe_open
from safetensors.torch import save_file
from torch import nn

from textssl.run_folder import write_whole


class EarlyStopping:
    """Measures a model before the first step and at even intervals; call it with the number of steps done.

    Args:
        model: the model that is measured and restored.
        measure: returns the current measures of the model by name.
        by: names of the measures that decide; of each, higher is better.
        steps: steps of the whole training.
        path: a safetensors file for the measures and the best state, so that an interrupted training can resume.
        patience: measurements without improvement after which training ends. Default 3.
        measurements: number of measurements after the start. Default 10.

    Attributes:
        measured: the measures by name after each number of steps.
        best: the parameters of the best state by name.
    """

    def __init__(
        self,
        model: nn.Module,
        measure: Callable[[], Mapping[str, float]],
        by: Sequence[str],
        steps: int,
        path: Path,
        patience: int = 3,
        measurements: int = 10,
    ) -> None:
        self.model, self.measure, self.by, self.path, self.patience = model, measure, by, path, patience
        self.due = {round(steps * part / measurements) for part in range(measurements + 1)}
        self.measured: dict[int, dict[str, float]] = {}
        self.best: dict[str, torch.Tensor] = {}
        if path.exists():
            self._restore()

    @property
    def kept(self) -> int:
        """The number of steps after which the state was best; the first of equals."""
        return max(self.measured, key=self.gain)

    def gain(self, step: int) -> float:
        """Return the mean relative change since the start of the measures that decide; -inf if one of them is lower.

        Args:
            step: a number of steps after which the model was measured.
        """
        start, found = self.measured[0], self.measured[step]
        changes = [(found[name] - start[name]) / max(abs(start[name]), 1e-9) for name in self.by]
        return sum(changes) / len(changes) if min(changes) >= 0 else -math.inf

    def __call__(self, step: int) -> bool:
        """Measure if a measurement is due after `step` steps; return whether to stop."""
        if step not in self.due:
            return False
        if step not in self.measured:  # a resumed training reaches the step again, with the same model
            self.measured[step] = dict(self.measure())
            if self.kept == step:
                self.best = {name: value.detach().cpu().clone() for name, value in self.model.named_parameters()}
            self._save()
        later = [other for other in self.measured if self.kept < other <= step]
        return len(later) >= self.patience

    def restore_best(self) -> None:
        """Copy the best state into the model."""
        for name, parameter in self.model.named_parameters():
            parameter.data.copy_(self.best[name])

    def _save(self) -> None:
        measured = json.dumps(self.measured)
        write_whole(self.path, lambda part: save_file(self.best, part, metadata={"measured": measured}))

    def _restore(self) -> None:
        with safe_open(self.path, framework="pt") as file:
            self.best = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (a safetensors file is no mapping)
            measured = json.loads(file.metadata()["measured"])
        self.measured = {int(step): found for step, found in measured.items()}
