"""The plan of a training (number of steps and learning rates), its optimizers and its schedule."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import torch


@dataclass(frozen=True)
class Plan:
    """How long and how fast a model learns.

    Embedding tables have their own learning rate and no weight decay: a row is updated only when its token occurs, so
    at the rate of the dense weights it would hardly move from its random start.

    Attributes:
        steps: steps of the whole training.
        learning_rate: peak learning rate of the dense weights.
        table_learning_rate: peak learning rate of the embedding tables.
        rates: peak learning rates of single parameters, by name; they take precedence. Default none.
        weight_decay: weight decay of the dense matrices. Default 0.01.
        betas: betas of AdamW. Default (0.9, 0.98).
        clip: largest norm of the gradient. Default 1.
        warmup: share of the steps during which the rate rises linearly. Default 0.05.
        decay: whether the rate then falls linearly to zero. Default True.
        muon: whether the dense matrices are updated by Muon (Jordan et al. 2024), which replaces the step of a matrix
            by the nearest orthogonal matrix, scaled to the size of AdamW's step at the same rate. Default False.
        bfloat16: where matrix products are computed in bfloat16: "never", on a "gpu", or "always", that is also on a
            processor with instructions for it. Default "gpu".
        checkpoint_seconds: time between two checkpoints, in seconds. Default 30.
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
    """Return the learning rate at a step as a share of the peak rate, in (0, 1].

    Args:
        step: number of steps done.
        plan: warmup, decay and number of steps.
    """
    warm = max(1, round(plan.warmup * plan.steps))
    falling = (plan.steps - step) / max(1, plan.steps - warm) if plan.decay else 1.0
    return min((step + 1) / warm, falling)


def make_optimizers(model: torch.nn.Module, plan: Plan) -> list[torch.optim.Optimizer]:
    """Return the optimizers of all parameters of a model: AdamW, and Muon for the dense matrices if the plan uses it.

    Args:
        model: the model.
        plan: learning rates, weight decay and betas.

    Returns:
        Optimizers, each parameter group of which holds its peak learning rate as ``"peak"``.
    """
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
