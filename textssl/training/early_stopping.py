"""Early stopping: label-free measures of a model as it learns, and the best state met so far.

Self-supervision can make vectors worse without its loss showing it. So the model is measured at the start and as it
learns, training ends when it no longer gains, and the best state is kept, which may be the start.
"""

import json
from collections.abc import Callable, Mapping
from pathlib import Path

import torch
from safetensors import safe_open
from safetensors.torch import save_file
from torch import nn

from textssl.run_folder import write_whole


class EarlyStopping:
    """Measures `model` before the first step and after every tenth of them; call it with the number of steps done.

    Args:
        model: what is measured and restored.
        measure: returns the measures of the model as it is, by name.
        by: the measure that decides; higher is better.
        steps: of the whole training.
        path: a safetensors file for the measures and the best state, so that they survive a kill.
        patience: measures without a gain after which training ends.
    """

    _MEASURES = 10  # after the start

    def __init__(
        self,
        model: nn.Module,
        measure: Callable[[], Mapping[str, float]],
        by: str,
        steps: int,
        path: Path,
        patience: int = 3,
    ) -> None:
        self.model, self.measure, self.by, self.path, self.patience = model, measure, by, path, patience
        self.due = {round(steps * part / self._MEASURES) for part in range(self._MEASURES + 1)}
        self.measured: dict[int, dict[str, float]] = {}
        self.best: dict[str, torch.Tensor] = {}
        if path.exists():
            self._restore()

    @property
    def kept(self) -> int:
        """The step of the best state: the first with the highest deciding measure."""
        return max(self.measured, key=lambda step: self.measured[step][self.by])

    def __call__(self, step: int) -> bool:
        """Measure after `step` steps if it is time to; return whether to stop."""
        if step not in self.due:
            return False
        if step not in self.measured:  # training resumed from an earlier step passes here again, with the same model
            self.measured[step] = dict(self.measure())
            if self.kept == step:
                self.best = {name: value.detach().cpu().clone() for name, value in self.model.named_parameters()}
            self._save()
        later = [other for other in self.measured if self.kept < other <= step]
        return len(later) >= self.patience

    def restore_best(self) -> None:
        """Put the best state into the model."""
        for name, parameter in self.model.named_parameters():
            parameter.data.copy_(self.best[name])

    def _save(self) -> None:
        measured = json.dumps(self.measured)
        write_whole(self.path, lambda part: save_file(self.best, part, metadata={"measured": measured}))

    def _restore(self) -> None:
        with safe_open(self.path, framework="pt") as file:
            self.best = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (no mapping)
            measured = json.loads(file.metadata()["measured"])
        self.measured = {int(step): found for step, found in measured.items()}
