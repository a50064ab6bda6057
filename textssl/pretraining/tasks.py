"""What a language model learns: a task for each objective, on batches of its own; all share the backbone."""

import math
from dataclasses import dataclass

import numpy as np
import torch
from torch import nn
from transformers import PreTrainedModel

from textssl.language.batches import Batches, Sequences
from textssl.pretraining.objectives.heads import Head
from textssl.pretraining.objectives.registry import Objective
from textssl.pretraining.objectives.vocabulary import Vocabulary
from textssl.training.prediction_loss import prediction_loss
from textssl.training.tasks import Batch


@dataclass(frozen=True)
class CorruptedBatches:
    """The corrupted texts of each step, which follow from the step alone.

    Attributes:
        objective: corrupts the texts.
        sequences: the texts.
        vocabulary: of their tokens.
        rate: share of the tokens to corrupt.
        pad: the token number that fills shorter sequences.
        batches: the batches of sequences.
        seed: of the corruption.
    """

    objective: Objective
    sequences: Sequences
    vocabulary: Vocabulary
    rate: float
    pad: int
    batches: Batches
    seed: int

    def __call__(self, step: int) -> Batch:
        """Return the batch of a step."""
        ids, mask = self.sequences.padded(self.batches(step), self.pad)
        rng = np.random.default_rng([self.seed, 2, step])
        return self.objective.corrupt(ids, mask, self.vocabulary, self.rate, rng)


@dataclass(frozen=True)
class WordTask:
    """Words to predict, with the head of the language model.

    Attributes:
        model: the language model.
        batch_at: the batch of a step.
        causal: whether the model predicts the next token, so that the first label of each text does not count.
    """

    model: PreTrainedModel
    batch_at: CorruptedBatches
    causal: bool

    def loss(self, batch: Batch) -> torch.Tensor:
        """Return the mean loss of a predicted token, in nats."""
        return prediction_loss(self.model, batch)

    def n_answers(self, batch: Batch) -> int:
        """Return how many tokens are predicted."""
        return int((batch["labels"][:, int(self.causal) :] != -100).sum())


class Answering(nn.Module):
    """A backbone and the head of a pretext task.

    Args:
        backbone: a language model, whose own head is not used.
        head: of the pretext task.
    """

    def __init__(self, backbone: PreTrainedModel, head: Head) -> None:
        super().__init__()
        self.backbone, self.head = backbone, head

    def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
        """Return the logits of the head, (texts, length) or (texts,)."""
        states = self.backbone.base_model(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state
        return self.head(states, attention_mask)


@dataclass(frozen=True)
class PretextTask:
    """Questions whether tokens or texts were changed, answered by a head of their own.

    Attributes:
        model: backbone and head.
        batch_at: the batch of a step.
    """

    model: Answering
    batch_at: CorruptedBatches

    def logits(self, batch: Batch) -> torch.Tensor:
        """Return the answers, shape of the labels."""
        return self.model(batch["input_ids"], batch["attention_mask"])

    def loss(self, batch: Batch) -> torch.Tensor:
        """Return the mean loss of an answer, in nats."""
        return self.model.head.loss(self.logits(batch), batch["labels"])

    def n_answers(self, batch: Batch) -> int:
        """Return how many questions are asked."""
        return int((batch["labels"] != -100).sum())


@torch.inference_mode()
def mean_loss(task: WordTask | PretextTask, most: int = 100) -> float:
    """Return the mean loss of an answer over the first batches of a task, in nats; NaN if there are none.

    Args:
        task: of which an epoch counts, at most.
        most: the most batches to measure on. Default 100.
    """
    total = answered = 0.0
    for step in range(min(task.batch_at.batches.per_epoch, most)):
        batch = {name: tensor.to(_device(task.model)) for name, tensor in task.batch_at(step).items()}
        count = task.n_answers(batch)
        total += task.loss(batch).item() * count
        answered += count
    return total / answered if answered else math.nan


@torch.inference_mode()
def accuracy(task: PretextTask, most: int = 100) -> dict[str, float]:
    """Return the accuracy of a pretext task over its first batches, and that of always giving the more frequent answer.

    Args:
        task: of which an epoch counts, at most.
        most: the most batches to measure on. Default 100.

    Returns:
        ``accuracy`` and ``chance``, in [0, 1]; NaN if nothing is asked.
    """
    right = changed = answered = 0
    for step in range(min(task.batch_at.batches.per_epoch, most)):
        batch = {name: tensor.to(_device(task.model)) for name, tensor in task.batch_at(step).items()}
        asked = batch["labels"] != -100
        labels = batch["labels"][asked] == 1
        right += int(((task.logits(batch)[asked] > 0) == labels).sum())
        changed += int(labels.sum())
        answered += len(labels)
    if not answered:
        return {"accuracy": math.nan, "chance": math.nan}
    return {"accuracy": right / answered, "chance": max(changed, answered - changed) / answered}


def _device(model: nn.Module) -> torch.device:
    return next(model.parameters()).device
