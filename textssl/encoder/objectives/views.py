"""What the objectives share: helpers that make views of texts, and the loss that contrasts two views."""

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from textssl.encoder.objectives.inputs import ObjectiveInputs
from textssl.training.tasks import Batch


class Contrast(nn.Module):
    """The contrastive loss InfoNCE (van den Oord et al. 2018): each view must find the other view of its text.

    Args:
        model: from input_ids and attention_mask to sentence_embedding.
        inputs: of which the temperature in the settings counts.
    """

    def __init__(self, model: nn.Module, inputs: ObjectiveInputs) -> None:
        super().__init__()
        self.model = model
        self.temperature = inputs.settings.temperature

    def forward(self, batch: Batch) -> torch.Tensor:
        """Return the mean cross-entropy of finding the other view, in both directions.

        Args:
            batch: input_ids and attention_mask, (2 * texts, longest); the views of text i are rows i and texts + i.
        """
        first, second = functional.normalize(self.model(batch)["sentence_embedding"], dim=-1).chunk(2)
        similarity = first @ second.T / self.temperature
        target = torch.arange(len(first), device=first.device)
        return (functional.cross_entropy(similarity, target) + functional.cross_entropy(similarity.T, target)) / 2


def inner_places(mask: torch.Tensor) -> torch.Tensor:
    """Return which tokens are between the first and the last special token: bool, shape of `mask`.

    Args:
        mask: int64 (texts, longest), 1 for tokens, 0 for padding.
    """
    inner = torch.zeros_like(mask, dtype=torch.bool)
    inner[:, 1:-1] = mask[:, 2:].bool()
    return inner


def sample(places: torch.Tensor, count: torch.Tensor, rng: np.random.Generator) -> torch.Tensor:
    """Return a random sample of the places of each text: bool (texts, longest).

    Args:
        places: bool (texts, longest), the places to sample from.
        count: (texts,) the size of each sample; all places if there are fewer.
        rng: the random generator.
    """
    draw = torch.from_numpy(rng.random(places.shape)).masked_fill(~places, 2.0)
    return places & (draw.argsort(dim=1).argsort(dim=1) < count[:, None])


def closed_up(ids: torch.Tensor, kept: torch.Tensor) -> Batch:
    """Return the kept tokens without gaps, as input_ids and attention_mask, (texts, most tokens kept).

    Args:
        ids: int64 (texts, longest), the token numbers.
        kept: bool (texts, longest), which of them to keep.
    """
    order = (~kept).long().argsort(dim=1, stable=True)[:, : int(kept.sum(dim=1).max())]
    mask = kept.gather(1, order).long()
    return {"input_ids": ids.gather(1, order) * mask, "attention_mask": mask}
