"""Denoising: write the whole text out of the vector of a few of its words (TSDAE, Wang et al. 2021)."""

from typing import Any

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from textssl.encoder.objectives.views import closed_up, inner_places, sample
from textssl.encoder.settings import EmbeddingSettings
from textssl.training.tasks import Batch

_KEPT = 0.4  # share of the tokens that are read
_PREDICTED = 1_024  # tokens a batch; scores of all, over the whole vocabulary, would cost more than the model does


def views(ids: torch.Tensor, mask: torch.Tensor, words: torch.Tensor, rng: np.random.Generator) -> Batch:
    """Delete most of each text.

    Returns:
        input_ids and attention_mask of what is left, (texts, longest view); written, the text, (texts, longest), and
        labels, the token that follows each of it, -100 where it is not asked for.
    """
    inner = inner_places(mask)
    kept = mask.bool() & ~inner | sample(inner, (inner.sum(dim=1) * _KEPT).ceil(), rng)
    followed = torch.zeros_like(mask, dtype=torch.bool)
    followed[:, :-1] = mask[:, 1:].bool()
    asked = sample(followed.view(1, -1), torch.tensor([_PREDICTED]), rng).view_as(followed)
    return closed_up(ids, kept) | {"written": ids, "labels": ids.roll(-1, dims=1).masked_fill(~asked, -100)}


class Denoiser(nn.Module):
    """A recurrent decoder that sees nothing of the text but its vector, and the words as far as they are written.

    It shares the table of the model and is thrown away after training.
    """

    def __init__(self, model: nn.Sequential, settings: EmbeddingSettings) -> None:
        super().__init__()
        self.model = model
        tables = [module for module in model.modules() if isinstance(module, nn.Embedding)]
        self.table = max(tables, key=lambda table: table.weight.numel())  # others hold places or weights of words
        width = self.table.embedding_dim
        pooling: Any = model[-1]
        self.opening = nn.Linear(pooling.get_embedding_dimension(), width)
        self.decoder = nn.GRU(width, width, batch_first=True)

    def forward(self, batch: Batch) -> torch.Tensor:
        """Return the mean cross-entropy of the tokens asked for."""
        read = {name: batch[name] for name in ("input_ids", "attention_mask")}
        vectors = self.opening(self.model(read)["sentence_embedding"])
        states, _ = self.decoder(functional.embedding(batch["written"], self.table.weight) + vectors[:, None])
        asked = batch["labels"] != -100
        return functional.cross_entropy(states[asked] @ self.table.weight.T, batch["labels"][asked])
