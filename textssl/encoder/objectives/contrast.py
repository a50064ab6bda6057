"""Two views of a text must find each other among those of other texts: InfoNCE (van den Oord et al. 2018)."""

import torch
from torch import nn
from torch.nn import functional

from textssl.encoder.settings import EmbeddingSettings
from textssl.training.tasks import Batch


class Contrast(nn.Module):
    """The loss of a batch whose rows i and texts + i are views of text i."""

    def __init__(self, model: nn.Module, settings: EmbeddingSettings) -> None:
        super().__init__()
        self.model = model
        self.temperature = settings.temperature

    def forward(self, batch: Batch) -> torch.Tensor:
        """Return the mean cross-entropy of finding the other view, both ways."""
        first, second = functional.normalize(self.model(batch)["sentence_embedding"], dim=-1).chunk(2)
        similarity = first @ second.T / self.temperature
        target = torch.arange(len(first), device=first.device)
        return (functional.cross_entropy(similarity, target) + functional.cross_entropy(similarity.T, target)) / 2
