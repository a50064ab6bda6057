"""Masked language modelling (BERT, Devlin et al. 2019); all selected tokens are masked, as in ModernBERT."""

import numpy as np
import torch

from textssl.pretraining.objectives.vocabulary import Vocabulary
from textssl.training.tasks import Batch


def corrupt(
    ids: torch.Tensor, mask: torch.Tensor, vocabulary: Vocabulary, rate: float, rng: np.random.Generator
) -> Batch:
    """Replace a random share of the words with the mask token.

    Args:
        ids: token ids, int64 (texts, length).
        mask: int64 (texts, length), 1 for a token and 0 for padding.
        vocabulary: what is known of the tokens; special ones are never masked.
        rate: the share of tokens to mask; at least one is masked in each text that has a word.
        rng: the source of randomness.

    Returns:
        input_ids, attention_mask and labels (-100 where nothing was masked), each (texts, length).
    """
    words = vocabulary.words(ids, mask)
    draw = torch.from_numpy(rng.random(ids.shape, dtype=np.float32)).masked_fill(~words, 2.0)
    hidden = (draw < rate) | (draw == draw.min(dim=1, keepdim=True).values)
    hidden &= words
    return {
        "input_ids": ids.masked_fill(hidden, vocabulary.mask_id),
        "attention_mask": mask,
        "labels": ids.masked_fill(~hidden, -100),
    }
