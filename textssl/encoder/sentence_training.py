"""Sentence training: a language model with pooling learns sentence vectors by one or several sentence objectives."""

from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from textssl.encoder.objectives import split_views
from textssl.encoder.objectives.inputs import ObjectiveInputs
from textssl.encoder.objectives.registry import OBJECTIVES, Objective
from textssl.encoder.record import SentenceTraining
from textssl.encoder.settings import EmbeddingSettings
from textssl.encoder.vectors import clusterings, unit_vectors
from textssl.estimators.simplified_silhouette import margin
from textssl.language.batches import RowBatches, Sequences
from textssl.training.device import best_device, own_randomness
from textssl.training.early_stopping import EarlyStopping
from textssl.training.loop import train
from textssl.training.optimizers import Plan
from textssl.training.tasks import Batch, Sum

_TOKENS, _EPOCHS = 1_000_000, 10  # sentence_tokens "auto": the tokens, but at most the epochs
_HELD_OUT = 1_000  # texts held out for early stopping, but at most a tenth of all
_LEAST_HELD_OUT = 50  # with fewer, the measures are too noisy
_MOST_CLUSTERS = 64  # of the margin
_ADDED = 10  # peak learning rate of what an objective adds to the model, in that of the layers
_DECIDING = ("retrieval", "margin")  # the signals, none of which the training may lower


@dataclass(frozen=True)
class Signals:
    """Label-free measures of sentence vectors, computed from the vectors of texts and of their two halves.

    Alignment and uniformity are those of Wang & Isola (2020). Retrieval alone approves of vectors that tell texts apart
    by their form; these have a lower margin.

    Attributes:
        retrieval: share of halves whose nearest neighbour is the other half of the text, in [0, 1]; higher is better.
        alignment: mean squared distance of the two halves of a text, in [0, 4]; lower is better.
        uniformity: log of the mean Gaussian potential of two texts, in [-8, 0]; lower is more uniform.
        margin: cosine of a text to the nearest k-means centre less that to the second nearest, the mean over the texts
            and several numbers of clusters, in [0, 2]; higher is better.
    """

    retrieval: float
    alignment: float
    uniformity: float
    margin: float


@dataclass(frozen=True)
class SentenceTask:
    """The task of a sentence objective on batches of texts.

    Attributes:
        objective: computes the views of the texts of a batch.
        model: computes the loss of the views.
        sequences: the texts.
        words: bool (tokens,), which of their tokens are words.
        batches: the batches of sequences.
        seed: seed of the views.
    """

    objective: Objective
    model: nn.Module
    sequences: Sequences
    words: np.ndarray
    batches: RowBatches
    seed: int

    def batch_at(self, step: int) -> Batch:
        """Return the views of the texts of a step."""
        rng = np.random.default_rng([self.seed, 4, step])
        return self.objective.views(*_padded(self.sequences, self.words, self.batches(step)), rng)

    def loss(self, batch: Batch) -> torch.Tensor:
        """Return the loss of the views."""
        return self.model(batch)


def train_sentences(
    model: nn.Sequential,
    inputs: ObjectiveInputs,
    words: np.ndarray,
    pretrained: bool,
    checkpoint: Path,
) -> SentenceTraining | None:
    """Train a language model with pooling in place; keep its best state, if there are enough texts to hold some out.

    The token table and the token weights of a new model are not trained: they came from counts, and were refined.

    Args:
        model: language model and pooling, from input_ids and attention_mask to sentence_embedding.
        inputs: the corpus, of which texts of fewer than two words cannot be split and are not used; the settings
            objectives, tokens, batch, temperature and learning rate; and the seed of the views and of the order.
        words: bool (tokens,), which tokens of the corpus are words.
        pretrained: whether the weights come from a checkpoint, and so are trained at a lower rate.
        checkpoint: the file that an interrupted training resumes from; see `checkpoint_files`.

    Returns:
        The record of the training; None if there was none, or no text was held out.
    """
    sequences, settings, seed = inputs.sequences, inputs.settings, inputs.seed
    held_out, usable = _split(sequences, words, seed)
    budget = settings.sentence_tokens
    n_tokens = min(_TOKENS, _EPOCHS * len(sequences.ids)) if budget == "auto" else int(budget)
    if len(usable) < 2 or not n_tokens:
        return None
    batches = RowBatches(usable, settings.batch_texts, [seed, 3])
    steps = max(1, round(n_tokens / (batches.size * sequences.lengths[usable].mean())))
    objectives = [OBJECTIVES[name] for name in settings.objectives.split(",")]
    if not pretrained:
        _freeze_tables(model)
    learned = replace(inputs, sequences=sequences.select(usable))
    with own_randomness(seed):  # seeds the weights that an objective adds to the model
        learners = [objective.learner(model.to(best_device()), learned).to(best_device()) for objective in objectives]
    task = Sum(
        [
            (1 / len(objectives), SentenceTask(objective, learner, sequences, words, batches, seed))
            for objective, learner in zip(objectives, learners, strict=True)
        ]
    )
    plan, stopping = _plan(steps, settings, pretrained, model, task), None
    if len(held_out):
        whole = _padded(sequences, words, held_out)
        halves = split_views.views(*whole, np.random.default_rng([seed, 6]))
        texts = {"input_ids": whole[0], "attention_mask": whole[1]}
        best = checkpoint_files(checkpoint)[1]
        stopping = EarlyStopping(model, lambda: asdict(signals(model, halves, texts)), _DECIDING, steps, best)
    train(task, plan, seed, "sentence training", checkpoint, stopping)
    if not stopping:
        return None
    stopping.restore_best()
    measured = [{"step": step} | found for step, found in stopping.measured.items()]
    return SentenceTraining(settings.objectives, len(held_out), stopping.kept, measured)


def checkpoint_files(checkpoint: Path) -> tuple[Path, Path]:
    """Return the files that a training leaves, its checkpoint and the best state; remove them in this order.

    Args:
        checkpoint: the file given to `train_sentences`.
    """
    return checkpoint, checkpoint.with_suffix(f".best{checkpoint.suffix}")


@torch.no_grad()
def signals(model: nn.Module, halves: Batch, texts: Batch) -> Signals:
    """Return the measures of a model, from the centred vectors of texts and of their halves.

    Args:
        model: from input_ids and attention_mask to sentence_embedding.
        halves: input_ids and attention_mask, (2 * texts, longest); rows i and texts + i are the halves of text i.
        texts: input_ids and attention_mask of the whole texts, (texts, longest).
    """
    vectors = _centred(unit_vectors(model, halves))
    first, second = vectors.chunk(2)
    cosines, own = first @ second.T, torch.arange(len(first), device=first.device)
    found = [(cosines.argmax(dim=axis) == own).double().mean().item() for axis in (0, 1)]
    potential = torch.stack([torch.pdist(part).square().mul(-2).exp().mean() for part in (first, second)])
    return Signals(
        retrieval=sum(found) / 2,
        alignment=(first - second).square().sum(dim=1).mean().item(),
        uniformity=potential.mean().log().item(),
        margin=mean_margin(_centred(unit_vectors(model, texts)).cpu().numpy()),
    )


def mean_margin(vectors: np.ndarray) -> float:
    """Return the mean margin of k-means at several numbers of clusters, of vectors (texts, d) of unit length."""
    weights = np.ones(len(vectors))
    found = [margin(vectors, each.labels_, weights) for each in clusterings(vectors, _MOST_CLUSTERS, seed=0)]
    return sum(found) / len(found)


def _centred(vectors: torch.Tensor) -> torch.Tensor:
    return functional.normalize(vectors - vectors.mean(dim=0), dim=-1)


def _freeze_tables(model: nn.Module) -> None:
    for module in model.modules():
        if isinstance(module, nn.Embedding):
            module.weight.requires_grad_(False)


def _split(sequences: Sequences, words: np.ndarray, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Return one sequence of each held-out text, and the sequences of all other texts; all have at least two words."""
    usable = np.flatnonzero(np.add.reduceat(words, sequences.starts[:-1]) >= 2)
    texts, first = np.unique(sequences.owners[usable], return_index=True)
    count = min(_HELD_OUT, len(texts) // 10)
    if count < _LEAST_HELD_OUT:
        return usable[:0], usable
    aside = np.sort(np.random.default_rng([seed, 5]).choice(len(texts), count, replace=False))
    return usable[first[aside]], usable[~np.isin(sequences.owners[usable], texts[aside])]


def _padded(
    sequences: Sequences, words: np.ndarray, rows: np.ndarray
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Return the ids, the attention mask and which tokens are words, (rows, longest)."""
    ids, mask = sequences.padded(rows, 0)
    return ids, mask, replace(sequences, ids=words).padded(rows, 0)[0].bool()


def _plan(steps: int, settings: EmbeddingSettings, pretrained: bool, model: nn.Module, task: Sum) -> Plan:
    """Return the plan of a training; what the objectives add to the model is trained at a higher rate."""
    rate = (2e-5 if pretrained else 3e-4) if settings.learning_rate == "auto" else float(settings.learning_rate)
    own = {id(parameter) for parameter in model.parameters()}
    added = [name for name, parameter in task.model.named_parameters() if id(parameter) not in own]
    return Plan(steps, rate, rate, rates=dict.fromkeys(added, _ADDED * rate))
