"""The training loop of every model: deterministic, and resumable after a kill at any moment.

A batch is a pure function of (seed, step). So a resumed training reads one file, continues from its step and ends with
the same weights as a training that was never interrupted.

transformers' Trainer does the same, but importing and setting it up takes longer than training the small models of
this project (figures in scripts/benchmarks/LOG.md).
"""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from safetensors import safe_open
from safetensors.torch import save_file

from textssl.progress import bar
from textssl.run_folder import write_whole
from textssl.training.device import has_bfloat16, keep_freed_memory, own_randomness
from textssl.training.optimizers import Plan, make_optimizers, schedule
from textssl.training.tasks import Task


def train(
    task: Task,
    plan: Plan,
    seed: int,
    label: str,
    checkpoint: Path | None = None,
    stop: Callable[[int], bool] | None = None,
) -> None:
    """Train the model of `task` in place for `plan.steps` steps, resuming from `checkpoint` if that file exists.

    Args:
        task: the model, its batches and its loss.
        plan: number of steps and learning rates.
        seed: seeds dropout, together with the step.
        label: name of the progress bar.
        checkpoint: a safetensors file for model, optimizer and step; None keeps none. The file remains when training
            ends, so that nothing is lost if the process is killed before it saves the result. Default None.
        stop: called with the number of steps done, before each step and after the last; returns whether to stop. Its
            result may depend on the steps done only. Default None: never stop early.
    """
    model = task.model
    optimizers = make_optimizers(model, plan)
    start = _restore(model, optimizers, checkpoint) if checkpoint and checkpoint.exists() else 0
    device = next(model.parameters()).device
    autocast = has_bfloat16(device) and (
        plan.bfloat16 == "always" or (plan.bfloat16 == "gpu" and device.type == "cuda")
    )
    keep_freed_memory()
    saved_at, done = time.monotonic(), start
    model.train()
    with own_randomness(), bar(label=label, total=plan.steps, initial=start, unit="step") as progress:
        while not (stop and stop(done)) and done < plan.steps:
            torch.manual_seed(seed * 1_000_003 + done)
            with torch.autocast(device.type, torch.bfloat16, enabled=autocast):
                loss = task.loss({name: tensor.to(device) for name, tensor in task.batch_at(done).items()})
            model.zero_grad(set_to_none=True)
            loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), plan.clip)
            for optimizer in optimizers:
                for group in optimizer.param_groups:
                    group["lr"] = group["peak"] * schedule(done, plan)
                optimizer.step()
            done += 1
            progress.update()
            if checkpoint and time.monotonic() - saved_at > plan.checkpoint_seconds:
                progress.set_postfix(loss=f"{loss.item():.3f}")
                _save(model, optimizers, done, checkpoint)
                saved_at = time.monotonic()
    if checkpoint and done > start:
        _save(model, optimizers, done, checkpoint)
    model.eval()


def _save(model: torch.nn.Module, optimizers: list[torch.optim.Optimizer], step: int, path: Path) -> None:
    names = {id(parameter): name for name, parameter in model.named_parameters()}
    tensors = {f"model/{name}": parameter.detach() for name, parameter in model.named_parameters()}
    for optimizer in optimizers:
        for parameter, state in optimizer.state.items():
            tensors |= {f"optimizer/{key}/{names[id(parameter)]}": value for key, value in state.items()}
    write_whole(path, lambda part: save_file(tensors, part, metadata={"step": str(step)}))


def _restore(model: torch.nn.Module, optimizers: list[torch.optim.Optimizer], path: Path) -> int:
    """Load what `_save` wrote; return the number of steps done."""
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
