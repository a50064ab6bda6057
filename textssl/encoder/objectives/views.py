"""What the objectives share in making views of texts: which places of a text are its own, some drawn, gaps closed."""

import numpy as np
import torch

from textssl.training.tasks import Batch


def inner_places(mask: torch.Tensor) -> torch.Tensor:
    """Return where a text stands between its opening and its closing token: bool, shape of `mask`."""
    inner = torch.zeros_like(mask, dtype=torch.bool)
    inner[:, 1:-1] = mask[:, 2:].bool()
    return inner


def sample(places: torch.Tensor, count: torch.Tensor, rng: np.random.Generator) -> torch.Tensor:
    """Draw `count` (texts,) of the `places` (texts, longest) of each text: bool, same shape."""
    draw = torch.from_numpy(rng.random(places.shape)).masked_fill(~places, 2.0)
    return places & (draw.argsort(dim=1).argsort(dim=1) < count[:, None])


def closed_up(ids: torch.Tensor, kept: torch.Tensor) -> Batch:
    """Close the gaps between the places kept, so that a view takes no more room than it has tokens."""
    order = (~kept).long().argsort(dim=1, stable=True)[:, : int(kept.sum(dim=1).max())]
    mask = kept.gather(1, order).long()
    return {"input_ids": ids.gather(1, order) * mask, "attention_mask": mask}
