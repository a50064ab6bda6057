"""Masked-word prediction (BERT, Devlin et al. 2019; all chosen places masked, as in ModernBERT)."""

import numpy as np
import torch

from textssl.training.tasks import Batch


def corrupt(
    ids: torch.Tensor, mask: torch.Tensor, special: torch.Tensor, mask_id: int, rate: float, rng: np.random.Generator
) -> Batch:
    """Hide a share of the words.

    Args:
        ids: tokens, int64 (texts, longest).
        mask: 1 where a token is real, same shape.
        special: the special token numbers, never hidden, int64 (s,).
        mask_id: the number of the mask token.
        rate: share of tokens hidden; at least one in each text that has a word.
        rng: the source of chance.

    Returns:
        input_ids, attention_mask and labels (-100 where nothing was hidden), same shape.
    """
    words = mask.bool() & ~torch.isin(ids, special)
    draw = torch.from_numpy(rng.random(ids.shape, dtype=np.float32)).masked_fill(~words, 2.0)
    hidden = (draw < rate) | (draw == draw.min(dim=1, keepdim=True).values)
    hidden &= words
    return {
        "input_ids": ids.masked_fill(hidden, mask_id),
        "attention_mask": mask,
        "labels": ids.masked_fill(~hidden, -100),
    }
