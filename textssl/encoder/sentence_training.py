"""The sentence stage: a language model with its pooling learns to give texts vectors that tell them apart."""

from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from textssl.encoder.objectives import split_views
from textssl.encoder.objectives.registry import Objective, objectives_named
from textssl.encoder.settings import EmbeddingSettings
from textssl.language.tokens import Tokens
from textssl.training.early_stopping import Guard
from textssl.training.loop import Batch, Plan, device_of_choice, own_randomness, train

_TOKENS = 1_000_000  # learned from by default, unless 10 epochs are fewer
_EPOCHS = 10
_HELD_OUT = 1_000  # texts that the guard measures on, a tenth of all at most
_LEAST_HELD_OUT = 50  # of fewer, a measure says nothing


def train_sentences(
    model: nn.Sequential,
    tokens: Tokens,
    words: np.ndarray,
    settings: EmbeddingSettings,
    seed: int,
    pretrained: bool,
    checkpoint: Path,
) -> dict[str, Any]:
    """Train `model`, which turns input_ids and attention_mask into sentence_embedding, in place.

    The objectives follow each other in one training: the rate rises and falls once.

    Args:
        model: backbone and pooling.
        tokens: the corpus; texts of fewer than two words cannot be split and are left out.
        words: bool (tokens,), which of the corpus' tokens are words.
        settings: objectives, length, batch and temperature.
        seed: of the views and the order.
        pretrained: whether the weights come from a checkpoint, and so must change more slowly.
        checkpoint: where a training cut off is resumed from; `checkpoint_files` names all files it takes.

    Returns:
        What the guard saw: the signals after each number of steps and the step that was kept; empty without a guard.
    """
    objectives = objectives_named(settings.objectives)
    held_out, usable = _split(tokens, words, seed)
    budget = min(_TOKENS, _EPOCHS * len(tokens.ids)) if settings.sentence_tokens == "auto" else settings.sentence_tokens
    batch_texts = min(settings.batch_texts, len(usable))
    if batch_texts < 2 or not budget:
        return {}
    each = max(1, round(int(budget) / (batch_texts * tokens.lengths[usable].mean())))
    with own_randomness(seed):  # of what a learner adds to the model
        learners = nn.ModuleList([objective.learner(model, settings) for objective in objectives])
    learners.to(device_of_choice())
    batch_at = _batch_source(tokens, usable, batch_texts, words, objectives, each, seed)
    plan = Plan(each * len(objectives), *_rates(settings, pretrained))
    guard = _guard(model, tokens, held_out, words, plan.steps, seed, checkpoint) if len(held_out) else None

    def loss_of(batch: Batch) -> torch.Tensor:
        return learners[int(batch.pop("objective"))](batch)

    train(learners, batch_at, loss_of, plan, seed, "sentence stage", checkpoint, guard)
    if not guard:
        return {}
    guard.keep_best()
    measured = [{"step": step} | asdict(found) for step, found in guard.measured.items()]
    return {"objectives": settings.objectives, "texts": len(held_out), "kept": guard.kept, "measured": measured}


def checkpoint_files(checkpoint: Path) -> tuple[Path, Path]:
    """Return the files that a training cut off leaves: its own, to be removed first, and that of the guard."""
    return checkpoint, checkpoint.with_suffix(f".best{checkpoint.suffix}")


def sentence_notes(facts: dict[str, Any]) -> list[str]:
    """Say in words what the guard did, given what `train_sentences` returned."""
    if not facts.get("measured"):
        return []
    by_step = {entry["step"]: entry["retrieval"] for entry in facts["measured"]}
    tried = f"{facts['objectives']}, {facts['texts']} texts kept aside"
    if facts["kept"]:
        return [
            f"the sentence stage ({tried}) lets {by_step[facts['kept']]:.1%} of half texts find their other half, "
            f"{by_step[0]:.1%} before it"
        ]
    most = max(by_step.values())
    return [
        f"the sentence stage ({tried}) did not improve the vectors, so those of the start are kept: {by_step[0]:.1%} "
        f"of half texts find their other half, {max(list(by_step.values())[1:], default=most):.1%} at best after it"
    ]


def _split(tokens: Tokens, words: np.ndarray, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Return one sequence of each text kept aside, and the sequences of all other texts; all of two words or more."""
    usable = np.flatnonzero(np.add.reduceat(words, tokens.starts[:-1]) >= 2)
    texts, first = np.unique(tokens.owners[usable], return_index=True)
    count = min(_HELD_OUT, len(texts) // 10)
    if count < _LEAST_HELD_OUT:
        return usable[:0], usable
    aside = np.sort(np.random.default_rng([seed, 5]).choice(len(texts), count, replace=False))
    return usable[first[aside]], usable[~np.isin(tokens.owners[usable], texts[aside])]


def _guard(
    model: nn.Module, tokens: Tokens, held_out: np.ndarray, words: np.ndarray, steps: int, seed: int, checkpoint: Path
) -> Guard:
    halves = split_views.views(*_padded(tokens, words, held_out), np.random.default_rng([seed, 6]))
    return Guard(model, halves, steps, checkpoint_files(checkpoint)[1])


def _batch_source(
    tokens: Tokens,
    usable: np.ndarray,
    batch_texts: int,
    words: np.ndarray,
    objectives: list[Objective],
    each: int,
    seed: int,
) -> Callable[[int], Batch]:
    """Return the batch of a step as a function of the step; each objective has `each` steps."""
    per_epoch = len(usable) // batch_texts

    def batch_at(step: int) -> Batch:
        epoch, place = divmod(step, per_epoch)
        order = np.random.default_rng([seed, 3, epoch]).permutation(usable)
        rows = order[place * batch_texts : (place + 1) * batch_texts]
        rng = np.random.default_rng([seed, 4, step])
        views = objectives[step // each].views(*_padded(tokens, words, rows), rng)
        return views | {"objective": torch.tensor(step // each)}

    return batch_at


def _padded(
    tokens: Tokens, words: np.ndarray, sequences: np.ndarray
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Return ids, attention mask and which places are words, (sequences, longest)."""
    ids, mask = tokens.padded(sequences, 0)
    return ids, mask, replace(tokens, ids=words).padded(sequences, 0)[0].bool()


def _rates(settings: EmbeddingSettings, pretrained: bool) -> tuple[float, float]:
    """Return the peak rates of the layers and of the embedding table."""
    layers, table = (2e-5, 2e-5) if pretrained else (1e-3, 5e-3)
    if settings.learning_rate == "auto":
        return layers, table
    return float(settings.learning_rate), table / layers * float(settings.learning_rate)
