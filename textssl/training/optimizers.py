"""How long and how fast a model learns: the plan of a training, its optimizers and its schedule."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import torch


@dataclass(frozen=True)
class Plan:
    """How long and how fast to learn.

    The embedding table has a learning rate of its own and no weight decay: a row is touched only when its token
    occurs, so at the rate of the dense weights it would hardly leave its random start.

    Attributes:
        steps: of the whole training.
        learning_rate: peak rate of the dense weights.
        table_learning_rate: peak rate of the embedding tables.
        rates: peak rates of single parameters, by name; they take precedence.
        weight_decay: of the dense matrices.
        betas: of AdamW.
        clip: largest norm of the gradient.
        warmup: share of the steps in which the rate rises.
        decay: whether the rate then falls linearly to zero.
        muon: use Muon (Jordan et al. 2024) for the dense matrices. It replaces the step of a matrix by the nearest
            orthogonal one, scaled to the size of AdamW's step at the same rate.
        bfloat16: where matrix products are taken in bfloat16: nowhere, on a GPU, or also on a processor that has
            instructions for it.
        checkpoint_seconds: time between two checkpoints.
    """

    steps: int
    learning_rate: float
    table_learning_rate: float
    rates: Mapping[str, float] = field(default_factory=dict)
    weight_decay: float = 0.01
    betas: tuple[float, float] = (0.9, 0.98)
    clip: float = 1.0
    warmup: float = 0.05
    decay: bool = True
    muon: bool = False
    bfloat16: Literal["never", "gpu", "always"] = "gpu"
    checkpoint_seconds: float = 30.0


def schedule(step: int, plan: Plan) -> float:
    """Return the share of the peak rate at a step: it rises linearly, then falls linearly if the plan says so."""
    warm = max(1, round(plan.warmup * plan.steps))
    falling = (plan.steps - step) / max(1, plan.steps - warm) if plan.decay else 1.0
    return min((step + 1) / warm, falling)


def make_optimizers(model: torch.nn.Module, plan: Plan) -> list[torch.optim.Optimizer]:
    """Return the optimizers of all parameters; the peak rate of each group is its ``"peak"``."""
    tables = {id(m.weight) for m in model.modules() if isinstance(m, torch.nn.Embedding | torch.nn.EmbeddingBag)}
    groups: dict[str, list[torch.nn.Parameter]] = {"table": [], "matrix": [], "vector": []}
    for name, parameter in model.named_parameters():
        kind = "table" if id(parameter) in tables else "matrix" if parameter.ndim == 2 else "vector"
        groups.setdefault(name if name in plan.rates else kind, []).append(parameter)
    rates = {"table": plan.table_learning_rate, "matrix": plan.learning_rate, "vector": plan.learning_rate}
    made = {
        kind: {
            "params": parameters,
            "lr": plan.rates.get(kind, rates.get(kind)),
            "peak": plan.rates.get(kind, rates.get(kind)),
            "weight_decay": plan.weight_decay if kind == "matrix" else 0.0,
        }
        for kind, parameters in groups.items()
        if parameters
    }
    optimizers: list[torch.optim.Optimizer] = []
    if plan.muon and "matrix" in made:
        optimizers.append(torch.optim.Muon([made.pop("matrix")], adjust_lr_fn="match_rms_adamw"))
    if made:
        optimizers.append(torch.optim.AdamW(list(made.values()), betas=plan.betas, fused=True))
    return optimizers
