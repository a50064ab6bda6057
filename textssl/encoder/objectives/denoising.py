"""Denoising: predict the whole text from the vector of some of its words (TSDAE, Wang et al. 2021)."""

from typing import Any

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from textssl.encoder.objectives.inputs import ObjectiveInputs
from textssl.encoder.objectives.views import closed_up, inner_places, sample
from textssl.training.tasks import Batch

_KEPT = 0.4  # share of the tokens that the encoder reads
_PREDICTED = 1_024  # tokens per batch; the scores of all tokens would cost more than the model


def views(ids: torch.Tensor, mask: torch.Tensor, words: torch.Tensor, rng: np.random.Generator) -> Batch:
    """Delete 60% of the tokens of each text; the parameters are those of `split_views.views`.

    Returns:
        input_ids and attention_mask of the rest, (texts, longest view); written, the whole text, (texts, longest); and
        labels, (texts, longest), the token after each token of it, -100 where it is not predicted.
    """
    inner = inner_places(mask)
    kept = mask.bool() & ~inner | sample(inner, (inner.sum(dim=1) * _KEPT).ceil(), rng)
    followed = torch.zeros_like(mask, dtype=torch.bool)
    followed[:, :-1] = mask[:, 1:].bool()
    predicted = sample(followed.view(1, -1), torch.tensor([_PREDICTED]), rng).view_as(followed)
    return closed_up(ids, kept) | {"written": ids, "labels": ids.roll(-1, dims=1).masked_fill(~predicted, -100)}


class Denoiser(nn.Module):
    """A recurrent decoder that predicts each token of a text from the vector of the text and the tokens before.

    It shares the embedding table of the model and is discarded after training.

    Args:
        model: language model and pooling, from input_ids and attention_mask to sentence_embedding.
        inputs: not used.
    """

    def __init__(self, model: nn.Sequential, inputs: ObjectiveInputs) -> None:
        super().__init__()
        self.model = model
        tables = [module for module in model.modules() if isinstance(module, nn.Embedding)]
        self.table = max(tables, key=lambda table: table.weight.numel())  # others hold positions or weights of words
        width = self.table.embedding_dim
        pooling: Any = model[-1]
        self.opening = nn.Linear(pooling.get_embedding_dimension(), width)
        self.decoder = nn.GRU(width, width, batch_first=True)

    def forward(self, batch: Batch) -> torch.Tensor:
        """Return the mean cross-entropy of the predicted tokens."""
        read = {name: batch[name] for name in ("input_ids", "attention_mask")}
        vectors = self.opening(self.model(read)["sentence_embedding"])
        states, _ = self.decoder(functional.embedding(batch["written"], self.table.weight) + vectors[:, None])
        predicted = batch["labels"] != -100
        return functional.cross_entropy(states[predicted] @ self.table.weight.T, batch["labels"][predicted])
