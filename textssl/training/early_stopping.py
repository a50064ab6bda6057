"""The guard of the sentence stage: label-free signals on texts kept aside, and the best state met so far.

Self-supervision can make vectors worse without its loss showing it. So the model is measured as it learns, training
ends when it no longer gains, and what is kept is the best state, which may be the start.
"""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from safetensors import safe_open
from safetensors.torch import save_file
from torch import nn
from torch.nn import functional

from textssl.run_folder import write_whole
from textssl.training.loop import Batch

_MEASURES = 10  # after the start
_PATIENCE = 3  # measures without a gain
_ROWS_AT_ONCE = 128


@dataclass(frozen=True)
class Signals:
    """What the vectors of the two halves of texts tell.

    Attributes:
        retrieval: share of halves that lie nearest to their other half, in [0, 1]; higher is better.
        alignment: mean squared distance of the two halves of a text, in [0, 4]; lower is better.
        uniformity: log of the mean Gaussian potential of two texts, in [-8, 0]; lower is more even
            (Wang & Isola 2020).
    """

    retrieval: float
    alignment: float
    uniformity: float


class Guard:
    """Watches `model` at the start and after every tenth of its steps; call it with the number of steps done."""

    def __init__(self, model: nn.Module, halves: Batch, steps: int, path: Path) -> None:
        self.model = model
        self.halves = halves
        self.due = {round(steps * part / _MEASURES) for part in range(_MEASURES + 1)}
        self.path = path
        self.measured: dict[int, Signals] = {}
        self.best: dict[str, torch.Tensor] = {}
        if path.exists():
            self._restore()

    @property
    def kept(self) -> int:
        """The step of the best state: the first with the highest retrieval."""
        return max(self.measured, key=lambda step: self.measured[step].retrieval)

    def __call__(self, step: int) -> bool:
        """Measure after `step` steps if it is time to; return whether to stop."""
        if step not in self.due:
            return False
        if step not in self.measured:  # training resumed from an earlier step passes here again, with the same model
            self.measured[step] = signals(self.model, self.halves)
            if self.kept == step:
                self.best = {name: value.detach().cpu().clone() for name, value in self.model.named_parameters()}
            self._save()
        later = [other for other in self.measured if self.kept < other <= step]
        return len(later) >= _PATIENCE

    def keep_best(self) -> None:
        """Put the best state into the model."""
        for name, parameter in self.model.named_parameters():
            parameter.data.copy_(self.best[name])

    def _save(self) -> None:
        measured = json.dumps({step: asdict(found) for step, found in self.measured.items()})
        write_whole(self.path, lambda part: save_file(self.best, part, metadata={"measured": measured}))

    def _restore(self) -> None:
        with safe_open(self.path, framework="pt") as file:
            self.best = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (no mapping)
            measured = json.loads(file.metadata()["measured"])
        self.measured = {int(step): Signals(**found) for step, found in measured.items()}


@torch.no_grad()
def signals(model: nn.Module, halves: Batch) -> Signals:
    """Measure `model` on views: rows i and texts + i of `halves` are the halves of text i; vectors are centred."""
    training, device = model.training, next(model.parameters()).device
    model.eval()
    parts = [
        model({name: rows[start : start + _ROWS_AT_ONCE].to(device) for name, rows in halves.items()})
        for start in range(0, len(halves["input_ids"]), _ROWS_AT_ONCE)
    ]
    model.train(training)
    vectors = functional.normalize(torch.cat([part["sentence_embedding"].float() for part in parts]), dim=-1)
    first, second = functional.normalize(vectors - vectors.mean(dim=0), dim=-1).chunk(2)
    cosines, own = first @ second.T, torch.arange(len(first), device=device)
    found = [(cosines.argmax(dim=way) == own).double().mean().item() for way in (0, 1)]
    potential = torch.stack([torch.pdist(part).square().mul(-2).exp().mean() for part in (first, second)])
    return Signals(
        retrieval=sum(found) / 2,
        alignment=(first - second).square().sum(dim=1).mean().item(),
        uniformity=potential.mean().log().item(),
    )
