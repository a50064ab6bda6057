"""Next-word prediction (Bengio et al. 2003; GPT, Radford et al. 2018)."""

import numpy as np
import torch

from textssl.training.tasks import Batch


def corrupt(
    ids: torch.Tensor, mask: torch.Tensor, special: torch.Tensor, mask_id: int, rate: float, rng: np.random.Generator
) -> Batch:
    """Return the batch as it is; each token is the label of the one before it (the model shifts them)."""
    return {"input_ids": ids, "attention_mask": mask, "labels": ids.masked_fill(mask == 0, -100)}
