"""Sentence training: a language model with pooling learns sentence vectors by one or several sentence objectives."""

from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from textssl.encoder.objectives import split_views
from textssl.encoder.objectives.registry import OBJECTIVES, Objective
from textssl.encoder.settings import EmbeddingSettings
from textssl.language.batches import RowBatches, Sequences
from textssl.training.device import best_device, own_randomness
from textssl.training.early_stopping import EarlyStopping
from textssl.training.loop import train
from textssl.training.optimizers import Plan
from textssl.training.tasks import Batch, Sum

_TOKENS, _EPOCHS = 1_000_000, 10  # sentence_tokens "auto": the tokens, but at most the epochs
_HELD_OUT = 1_000  # texts held out for early stopping, but at most a tenth of all
_LEAST_HELD_OUT = 50  # with fewer, the measures are too noisy
_ROWS_AT_ONCE = 128


@dataclass(frozen=True)
class Signals:
    """Label-free measures of sentence vectors, computed from the vectors of the two halves of texts.

    Alignment and uniformity are those of Wang & Isola (2020).

    Attributes:
        retrieval: share of halves whose nearest neighbour is the other half of the text, in [0, 1]; higher is better.
        alignment: mean squared distance of the two halves of a text, in [0, 4]; lower is better.
        uniformity: log of the mean Gaussian potential of two texts, in [-8, 0]; lower is more uniform.
    """

    retrieval: float
    alignment: float
    uniformity: float


@dataclass(frozen=True)
class SentenceTraining:
    """The record of a sentence training.

    Attributes:
        objectives: names of the objectives, separated by commas.
        texts: number of texts held out.
        kept: number of steps of the state that was kept; 0 if the training did not improve the vectors.
        measured: the `Signals` after each number of steps, and that number as "step".
    """

    objectives: str
    texts: int
    kept: int
    measured: list[dict[str, float]]

    @property
    def note(self) -> str:
        """What the training changed, in one sentence."""
        by_step = {entry["step"]: entry["retrieval"] for entry in self.measured}
        details = f"{self.objectives}, {self.texts} texts held out"
        if self.kept:
            return (
                f"after the sentence training ({details}), {by_step[self.kept]:.1%} of half texts find their other "
                f"half; before it, {by_step[0]:.1%}"
            )
        best = max(list(by_step.values())[1:], default=by_step[0])
        return (
            f"the sentence training ({details}) did not improve the vectors, so those of the start are kept: "
            f"{by_step[0]:.1%} of half texts find their other half; after training, at most {best:.1%}"
        )


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
    sequences: Sequences,
    words: np.ndarray,
    settings: EmbeddingSettings,
    seed: int,
    pretrained: bool,
    checkpoint: Path,
) -> SentenceTraining | None:
    """Train a language model with pooling in place; keep its best state, if there are enough texts to hold some out.

    Args:
        model: language model and pooling, from input_ids and attention_mask to sentence_embedding.
        sequences: the corpus; texts of fewer than two words cannot be split and are not used.
        words: bool (tokens,), which tokens of the corpus are words.
        settings: objectives, tokens, batch, temperature and learning rate.
        seed: seed of the views and the order of the texts.
        pretrained: whether the weights come from a checkpoint, and so are trained at a lower rate.
        checkpoint: the file that an interrupted training resumes from; see `checkpoint_files`.

    Returns:
        The record of the training; None if there was none, or no text was held out.
    """
    held_out, usable = _split(sequences, words, seed)
    budget = settings.sentence_tokens
    n_tokens = min(_TOKENS, _EPOCHS * len(sequences.ids)) if budget == "auto" else int(budget)
    if len(usable) < 2 or not n_tokens:
        return None
    batches = RowBatches(usable, settings.batch_texts, [seed, 3])
    steps = max(1, round(n_tokens / (batches.size * sequences.lengths[usable].mean())))
    objectives = [OBJECTIVES[name] for name in settings.objectives.split(",")]
    with own_randomness(seed):  # seeds the weights that an objective adds to the model
        learners = [objective.learner(model, settings).to(best_device()) for objective in objectives]
    task = Sum(
        [
            (1 / len(objectives), SentenceTask(objective, learner, sequences, words, batches, seed))
            for objective, learner in zip(objectives, learners, strict=True)
        ]
    )
    plan = Plan(steps, *_rates(settings, pretrained))
    stopping = None
    if len(held_out):
        halves = split_views.views(*_padded(sequences, words, held_out), np.random.default_rng([seed, 6]))
        best = checkpoint_files(checkpoint)[1]
        stopping = EarlyStopping(model, lambda: asdict(signals(model, halves)), "retrieval", steps, best)
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
def signals(model: nn.Module, halves: Batch) -> Signals:
    """Return the measures of a model, from the centred vectors of the halves of texts.

    Args:
        model: from input_ids and attention_mask to sentence_embedding.
        halves: input_ids and attention_mask, (2 * texts, longest); rows i and texts + i are the halves of text i.
    """
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
    found = [(cosines.argmax(dim=axis) == own).double().mean().item() for axis in (0, 1)]
    potential = torch.stack([torch.pdist(part).square().mul(-2).exp().mean() for part in (first, second)])
    return Signals(
        retrieval=sum(found) / 2,
        alignment=(first - second).square().sum(dim=1).mean().item(),
        uniformity=potential.mean().log().item(),
    )


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


def _rates(settings: EmbeddingSettings, pretrained: bool) -> tuple[float, float]:
    """Return the peak learning rates of the layers and of the embedding table."""
    layers, table = (2e-5, 2e-5) if pretrained else (1e-3, 5e-3)
    if settings.learning_rate == "auto":
        return layers, table
    return float(settings.learning_rate), table / layers * float(settings.learning_rate)
