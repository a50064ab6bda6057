"""The training loop that both learning stages share: deterministic by step, killable at any moment.

A batch is a pure function of (seed, step). Resuming is therefore reading one file and counting on from its step,
with nothing replayed, and ends at the same weights as a run that was never cut off.

transformers' Trainer does the same work; the loop is ours because importing and driving Trainer costs more than
the small models of this project take to train (scripts/benchmarks/LOG.md has the figures).
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import safe_open
from safetensors.torch import save_file

from textssl.progress import bar
from textssl.run_folder import write_whole

Batch = dict[str, torch.Tensor]


@dataclass(frozen=True)
class Plan:
    """How long and how fast to learn.

    The embedding table has a learning rate of its own and no weight decay: a row is touched only when its token
    occurs, so at the rate of the dense weights it would hardly leave its random start. Muon (Jordan et al. 2024) turns
    the step of a dense matrix into the nearest orthogonal one, scaled to the size of AdamW's step at the same rate.
    """

    steps: int
    learning_rate: float
    table_learning_rate: float
    weight_decay: float = 0.01
    warmup: float = 0.05
    muon: bool = False  # for the dense matrices; else AdamW, as for all other weights
    bfloat16: bool = False  # matrix products in bfloat16 on a processor that can, too; always on a GPU
    checkpoint_seconds: float = 30.0


def train(
    model: torch.nn.Module,
    batch_at: Callable[[int], Batch],
    loss_of: Callable[[Batch], torch.Tensor],
    plan: Plan,
    seed: int,
    label: str,
    checkpoint: Path | None = None,
    stop: Callable[[int], bool] | None = None,
) -> None:
    """Train `model` in place for `plan.steps` steps, from `checkpoint` on if that file exists.

    Args:
        model: its parameters are learned; must hold whatever `loss_of` uses.
        batch_at: the batch of a step; the same step always gives the same batch.
        loss_of: the scalar loss of a batch.
        plan: steps and rates.
        seed: seeds dropout, together with the step.
        label: what the progress bar calls the work.
        checkpoint: a safetensors file for model, optimizer and step; None keeps nothing.
        stop: asked with the number of steps done, before each step and after the last, whether to end; what it does
            must follow from the steps done alone.
    """
    optimizers = _optimizers(model, plan)
    start = _restore(model, optimizers, checkpoint) if checkpoint and checkpoint.exists() else 0
    device = next(model.parameters()).device
    half = device.type == "cuda" or (plan.bfloat16 and bool(torch.cpu.get_capabilities().get("avx512_bf16")))
    _keep_freed_memory()
    saved_at = time.monotonic()
    model.train()
    with own_randomness(), bar(label=label, total=plan.steps, initial=start, unit="step") as progress:
        for step in range(start, plan.steps):
            if stop and stop(step):
                break
            torch.manual_seed(seed * 1_000_003 + step)
            with torch.autocast(device.type, torch.bfloat16, enabled=half):
                loss = loss_of({name: tensor.to(device) for name, tensor in batch_at(step).items()})
            model.zero_grad(set_to_none=True)
            loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            for optimizer in optimizers:
                for group in optimizer.param_groups:
                    group["lr"] = group["peak"] * _schedule(step, plan)
                optimizer.step()
            progress.update()
            if checkpoint and time.monotonic() - saved_at > plan.checkpoint_seconds:
                progress.set_postfix(loss=f"{loss.item():.3f}")
                _save(model, optimizers, step + 1, checkpoint)
                saved_at = time.monotonic()
        else:
            if stop:
                stop(plan.steps)
    model.eval()


@contextmanager
def own_randomness(seed: int | None = None) -> Iterator[None]:
    """Give torch's random numbers back to the caller as they were, on the processor and on every GPU.

    Args:
        seed: what the block begins with; None = where the caller is.
    """
    with torch.random.fork_rng(range(torch.cuda.device_count())):
        if seed is not None:
            torch.manual_seed(seed)
        yield


def device_of_choice() -> torch.device:
    """Return the accelerator if the machine has one, else the processor."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def _keep_freed_memory() -> None:
    """Let glibc keep blocks of up to 31 MiB when they are freed, of which a step makes many, not map them anew.

    It raises its threshold, up to 32 MiB, to the size of the largest mapped block that was freed (mallopt(3)).
    """
    torch.empty(31 << 20, dtype=torch.uint8)


def _schedule(step: int, plan: Plan) -> float:
    """Rise linearly over the warm-up, then fall linearly to zero."""
    warm = max(1, round(plan.warmup * plan.steps))
    return min((step + 1) / warm, (plan.steps - step) / max(1, plan.steps - warm))


def _optimizers(model: torch.nn.Module, plan: Plan) -> list[torch.optim.Optimizer]:
    tables = {id(m.weight) for m in model.modules() if isinstance(m, torch.nn.Embedding | torch.nn.EmbeddingBag)}
    groups: dict[str, list[torch.nn.Parameter]] = {"table": [], "matrix": [], "vector": []}
    for parameter in model.parameters():
        kind = "table" if id(parameter) in tables else "matrix" if parameter.ndim == 2 else "vector"
        groups[kind].append(parameter)
    rates = {"table": plan.table_learning_rate, "matrix": plan.learning_rate, "vector": plan.learning_rate}
    decay = {"table": 0.0, "matrix": plan.weight_decay, "vector": 0.0}
    made = {
        kind: {"params": parameters, "lr": rates[kind], "peak": rates[kind], "weight_decay": decay[kind]}
        for kind, parameters in groups.items()
        if parameters
    }
    optimizers: list[torch.optim.Optimizer] = []
    if plan.muon and "matrix" in made:
        optimizers.append(torch.optim.Muon([made.pop("matrix")], adjust_lr_fn="match_rms_adamw"))
    if made:
        optimizers.append(torch.optim.AdamW(list(made.values()), betas=(0.9, 0.98), fused=True))
    return optimizers


def _save(model: torch.nn.Module, optimizers: list[torch.optim.Optimizer], step: int, path: Path) -> None:
    names = {id(parameter): name for name, parameter in model.named_parameters()}
    tensors = {f"model/{name}": parameter.detach() for name, parameter in model.named_parameters()}
    for optimizer in optimizers:
        for parameter, state in optimizer.state.items():
            tensors |= {f"optimizer/{key}/{names[id(parameter)]}": value for key, value in state.items()}
    write_whole(path, lambda part: save_file(tensors, part, metadata={"step": str(step)}))


def _restore(model: torch.nn.Module, optimizers: list[torch.optim.Optimizer], path: Path) -> int:
    """Load what `_save` wrote and return the next step."""
    parameters = dict(model.named_parameters())
    learns = {id(p): optimizer for optimizer in optimizers for group in optimizer.param_groups for p in group["params"]}
    with safe_open(path, framework="pt") as file:
        for key in file.keys():  # noqa: SIM118 (a safetensors file is no mapping)
            kind, _, rest = key.partition("/")
            if kind == "model":
                parameters[rest].data.copy_(file.get_tensor(key))
                continue
            slot, _, name = rest.partition("/")
            state: dict[str, Any] = learns[id(parameters[name])].state[parameters[name]]
            state[slot] = file.get_tensor(key).to(parameters[name].device)
        return int(file.metadata()["step"])
