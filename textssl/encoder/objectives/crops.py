"""Crops: the views are two random spans of a text, as in Contriever (Izacard et al. 2022); for long texts."""

import numpy as np
import torch

from textssl.encoder.objectives.views import closed_up, inner_places
from textssl.training.tasks import Batch

_SHORTEST, _LONGEST = 0.1, 0.5  # as a share of the text


def views(ids: torch.Tensor, mask: torch.Tensor, words: torch.Tensor, rng: np.random.Generator) -> Batch:
    """Return two random spans of each text, each of a tenth to half of its length; see `split_views.views`."""
    return closed_up(torch.cat([ids, ids]), torch.cat([_span(mask, rng), _span(mask, rng)]))


def _span(mask: torch.Tensor, rng: np.random.Generator) -> torch.Tensor:
    """Return which tokens are in a random span of the text, or special: bool, shape of `mask`."""
    inner = inner_places(mask)
    length = inner.sum(dim=1).numpy()
    size = np.ceil(length * rng.uniform(_SHORTEST, _LONGEST, len(length)))
    start = 1 + np.floor(rng.random(len(length)) * (length - size + 1))
    place = np.arange(mask.shape[1])
    span = torch.from_numpy((place >= start[:, None]) & (place < (start + size)[:, None]))
    return mask.bool() & (span | ~inner)
