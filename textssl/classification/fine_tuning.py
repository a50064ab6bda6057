"""An encoder and a linear classifier as one network, the batches of texts that it reads, and its supervised task."""

from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from sentence_transformers import SentenceTransformer
from torch import nn
from torch.nn import functional

from textssl.classification.inputs import Fitted, Inputs
from textssl.classification.labels import is_labelled, targets
from textssl.classification.linear import LinearClassifier
from textssl.language.batches import RowBatches, Sequences
from textssl.language.tokens import token_numbers
from textssl.training.device import best_device
from textssl.training.optimizers import Plan
from textssl.training.tasks import Batch

_COEF, _INTERCEPT = "coef", "intercept"  # the names of the parameters of a network beside its encoder's


class Network(nn.Module):
    """An encoder and the scores of classes, linear in its vectors.

    Args:
        encoder: a SentenceTransformer, which is trained.
        head: the classifier of its vectors to start from.
    """

    def __init__(self, encoder: SentenceTransformer, head: LinearClassifier) -> None:
        super().__init__()
        self.encoder = encoder
        self.coef = nn.Parameter(torch.from_numpy(head.coef_).float())
        self.intercept = nn.Parameter(torch.from_numpy(head.intercept_).float())

    def forward(self, batch: Batch) -> torch.Tensor:
        """Return the scores of the classes, (texts, k); see `TokenViews`."""
        return functional.linear(self.encoder(dict(batch))["sentence_embedding"], self.coef, self.intercept)

    def fitted(self, head: LinearClassifier) -> Fitted:
        """Return the trained encoder, and `head` with the trained coefficients."""
        head.coef_ = self.coef.detach().cpu().double().numpy()
        head.intercept_ = self.intercept.detach().cpu().double().numpy()
        return Fitted(head, self.encoder.cpu().eval())


class TokenViews:
    """Batches of texts, as an encoder reads them, of which some tokens are left out.

    Args:
        encoder: a static encoder or a transformer.
        texts: the texts.
    """

    def __init__(self, encoder: SentenceTransformer, texts: Sequence[str]) -> None:
        tokenizer: Any = encoder[0].tokenizer
        self.is_static = not hasattr(tokenizer, "pad_token_id")
        if self.is_static:
            ids, starts = token_numbers(tokenizer, texts)
        else:
            read = tokenizer(list(texts), truncation=True, max_length=encoder.max_seq_length)["input_ids"]
            ids = np.concatenate([np.asarray(each, np.int32) for each in read])
            starts = np.append(0, np.cumsum([len(each) for each in read]))
            self.pad = int(tokenizer.pad_token_id or 0)
        self.sequences = Sequences(ids, starts, np.arange(len(starts) - 1))

    def __call__(self, rows: np.ndarray, rng: np.random.Generator, kept: float = 1.0) -> Batch:
        """Return the texts `rows`, each with a random share of its tokens, on average `kept`.

        Returns:
            input_ids, int64 (tokens,), and offsets, int64 (texts,), for a static encoder; input_ids and attention_mask,
            int64 (texts, longest), for a transformer, whose special tokens are kept.
        """
        some = self.sequences.select(rows)
        return self._batch(some, rng.random(len(some.ids)) < kept)

    def halves(self, rows: np.ndarray, rng: np.random.Generator) -> Batch:
        """Return two random halves of each text, which share no token; 2i and 2i + 1 are those of text ``rows[i]``."""
        some = self.sequences.select(np.repeat(rows, 2))
        first = np.repeat(np.arange(len(some.lengths)) % 2 == 0, some.lengths)
        once = rng.random(int(some.lengths[::2].sum())) < 0.5
        drawn = np.empty(len(some.ids), dtype=bool)
        drawn[first], drawn[~first] = once, ~once
        return self._batch(some, drawn)

    def _batch(self, some: Sequences, places: np.ndarray) -> Batch:
        """Return texts with the tokens at `places`, bool (tokens,), and the special ones."""
        if not self.is_static:
            places[some.starts[:-1]] = places[some.starts[1:] - 1] = True
        counts = np.diff(np.append(0, np.cumsum(places))[some.starts])
        left = Sequences(some.ids[places], np.append(0, np.cumsum(counts)), some.owners)
        if self.is_static:
            ids = torch.from_numpy(left.ids.astype(np.int64))
            return {"input_ids": ids, "offsets": torch.from_numpy(left.starts[:-1])}
        ids, mask = left.padded(np.arange(len(counts)), self.pad)
        return {"input_ids": ids, "attention_mask": mask}


@dataclass(frozen=True)
class Supervised:
    """The task of classifying the labelled texts, from a random part of their tokens.

    Attributes:
        model: the network.
        views: the texts.
        targets: float32 (n, k), 1 for the classes of each text, 0 for others.
        batches: the batches of labelled texts.
        multi_label: whether texts have several classes.
        decay: of the coefficients, as the head was regularised.
        kept: share of the tokens that are read.
        seed: of the parts.
    """

    model: Network
    views: TokenViews
    targets: torch.Tensor
    batches: RowBatches
    multi_label: bool
    decay: float
    kept: float
    seed: int

    def batch_at(self, step: int) -> Batch:
        """Return the texts of a step and their targets."""
        rows = self.batches(step)
        batch = self.views(rows, np.random.default_rng([self.seed, 11, step]), self.kept)
        return batch | {"targets": self.targets[torch.from_numpy(rows)]}

    def loss(self, batch: Batch) -> torch.Tensor:
        """Return the mean cross-entropy, in nats, and the regularisation of the head."""
        found = losses(self.model(without_targets(batch)), batch["targets"], self.multi_label).mean()
        return found + self.decay / 2 * self.model.coef.square().sum()


@dataclass(frozen=True)
class FineTuning:
    """A network to train on labelled texts.

    Attributes:
        network: starts as the head on the encoder.
        head: the head.
        views: all texts.
        supervised: the task of the labelled texts.
    """

    network: Network
    head: LinearClassifier
    views: TokenViews
    supervised: Supervised


def prepare(inputs: Inputs, head: LinearClassifier) -> FineTuning:
    """Return a network that starts as a copy of the encoder with `head`, and its supervised task."""
    settings, rows = inputs.settings, np.flatnonzero(is_labelled(inputs.y))
    network = Network(deepcopy(inputs.encoder), head).to(best_device())
    views = TokenViews(inputs.encoder, inputs.texts)
    wanted = torch.from_numpy(targets(inputs.y, len(inputs.classes))).float()
    batches = RowBatches(rows, settings.batch_texts, [inputs.seed, 12])
    several = inputs.y.ndim == 2
    supervised = Supervised(
        network, views, wanted, batches, several, 1 / (head.C_ * len(rows)), settings.kept_tokens, inputs.seed
    )
    return FineTuning(network, head, views, supervised)


def plan_of(inputs: Inputs, is_static: bool, prefix: str = "") -> Plan:
    """Return the plan of a training: slow for the encoder, whose vectors are good, faster for the scores of classes.

    Args:
        inputs: the settings.
        is_static: whether the encoder is a table of vectors; the layers of a transformer are trained more slowly.
        prefix: of the names of the network's parameters in the model that is trained. Default "".
    """
    rate = inputs.settings.learning_rate
    return Plan(
        inputs.settings.steps,
        learning_rate=rate / 50 if not is_static else rate,
        table_learning_rate=rate / 50 if not is_static else rate,
        rates={f"{prefix}{name}": 10 * rate for name in (_COEF, _INTERCEPT)},
        weight_decay=0.0,
        betas=(0.9, 0.99),
        bfloat16="gpu",
    )


def losses(scores: torch.Tensor, wanted: torch.Tensor, multi_label: bool) -> torch.Tensor:
    """Return the cross-entropy of each text in nats, (n,), of scores (n, k) under targets (n, k)."""
    if multi_label:
        return functional.binary_cross_entropy_with_logits(scores, wanted, reduction="none").sum(dim=1)
    return functional.cross_entropy(scores, wanted, reduction="none")


def without_targets(batch: Batch) -> Batch:
    """Return what the encoder reads of a batch."""
    return {name: tensor for name, tensor in batch.items() if name != "targets"}
