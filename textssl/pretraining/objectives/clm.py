"""Causal language modelling: predict the next word (Bengio et al. 2003; GPT, Radford et al. 2018)."""

import numpy as np
import torch

from textssl.pretraining.objectives.vocabulary import Vocabulary
from textssl.training.tasks import Batch


def corrupt(
    ids: torch.Tensor, mask: torch.Tensor, vocabulary: Vocabulary, rate: float, rng: np.random.Generator
) -> Batch:
    """Label every token with itself; the model shifts the labels by one. Parameters as in `mlm.corrupt`."""
    return {"input_ids": ids, "attention_mask": mask, "labels": ids.masked_fill(mask == 0, -100)}
