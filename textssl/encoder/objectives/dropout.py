"""Dropout: the views are the same text twice, which differ by dropout only (SimCSE, Gao et al. 2021)."""

import numpy as np
import torch
from torch import nn

from textssl.encoder.objectives.inputs import ObjectiveInputs
from textssl.encoder.objectives.views import Contrast
from textssl.errors import UsageError
from textssl.training.tasks import Batch

_RATE = 0.1  # of layers without dropout


def views(ids: torch.Tensor, mask: torch.Tensor, words: torch.Tensor, rng: np.random.Generator) -> Batch:
    """Return each text twice; see `split_views.views`."""
    return {"input_ids": torch.cat([ids, ids]), "attention_mask": torch.cat([mask, mask])}


class DropoutContrast(Contrast):
    """The contrastive loss of views that differ by dropout only.

    In language models trained from nothing, dropout has rate 0; this loss sets it to 0.1 while it is computed.

    Args:
        model: from input_ids and attention_mask to sentence_embedding.
        inputs: of which the temperature in the settings counts.

    Raises:
        UsageError: if the model has no dropout layers.
    """

    def __init__(self, model: nn.Module, inputs: ObjectiveInputs) -> None:
        super().__init__(model, inputs)
        layers = [module for module in model.modules() if isinstance(module, nn.Dropout)]
        if not layers:
            raise UsageError("the model has no dropout layers, so dropout gives no two views: choose another objective")
        self.idle = [layer for layer in layers if layer.p == 0]

    def forward(self, batch: Batch) -> torch.Tensor:
        """Return the mean cross-entropy of finding the other view, in both directions, under dropout."""
        self._set_rate(_RATE)
        loss = super().forward(batch)
        self._set_rate(0.0)
        return loss

    def _set_rate(self, rate: float) -> None:
        for layer in self.idle:
            layer.p = rate
