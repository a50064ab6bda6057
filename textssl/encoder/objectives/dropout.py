"""Dropout: the same text twice, told apart only by what dropout hides of it (SimCSE, Gao et al. 2021)."""

import numpy as np
import torch
from torch import nn

from textssl.encoder.objectives.contrast import Contrast
from textssl.encoder.settings import EmbeddingSettings
from textssl.errors import UsageError
from textssl.training.tasks import Batch

_RATE = 0.1


def views(ids: torch.Tensor, mask: torch.Tensor, words: torch.Tensor, rng: np.random.Generator) -> Batch:
    """Return each text twice; as `split_views.views` otherwise."""
    return {"input_ids": torch.cat([ids, ids]), "attention_mask": torch.cat([mask, mask])}


class DropoutContrast(Contrast):
    """Contrast of views that are equal but for dropout.

    Backbones from nothing have their dropout layers at 0: these hide a tenth for the length of this objective.
    """

    def __init__(self, model: nn.Module, settings: EmbeddingSettings) -> None:
        super().__init__(model, settings)
        layers = [module for module in model.modules() if isinstance(module, nn.Dropout)]
        if not layers:
            raise UsageError("the model has no dropout layers, so dropout gives no two views: choose another objective")
        self.idle = [layer for layer in layers if layer.p == 0]

    def forward(self, batch: Batch) -> torch.Tensor:
        """Return the loss under dropout."""
        self._hide(_RATE)
        loss = super().forward(batch)
        self._hide(0.0)
        return loss

    def _hide(self, rate: float) -> None:
        for layer in self.idle:
            layer.p = rate
