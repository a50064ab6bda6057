"""Causal language modelling: predict the next word (Bengio et al. 2003; GPT, Radford et al. 2018)."""

import numpy as np
import torch

from textssl.training.tasks import Batch


def corrupt(
    ids: torch.Tensor, mask: torch.Tensor, special: torch.Tensor, mask_id: int, rate: float, rng: np.random.Generator
) -> Batch:
    """Label every token with itself; the model shifts the labels by one. Parameters as in `mlm.corrupt`."""
    return {"input_ids": ids, "attention_mask": mask, "labels": ids.masked_fill(mask == 0, -100)}
