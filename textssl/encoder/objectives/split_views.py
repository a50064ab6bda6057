"""Split views: the two halves of a text, random disjoint sets of its words.

The halves share no word, so the model has to learn what goes with what. Nor do they share pieces of a rare word or a
sign: by those a model finds the other half and learns nothing else.
"""

import numpy as np
import torch

from textssl.encoder.objectives.views import closed_up, inner_places, sample
from textssl.training.tasks import Batch


def views(ids: torch.Tensor, mask: torch.Tensor, words: torch.Tensor, rng: np.random.Generator) -> Batch:
    """Deal the words of each text to two views; pieces of words and signs go to neither.

    Args:
        ids: tokens, int64 (texts, longest).
        mask: 1 where a token is real, same shape.
        words: which of them are words, bool, same shape.
        rng: the source of chance.

    Returns:
        input_ids and attention_mask, (2 * texts, longest view): the views of text i are rows i and texts + i.
    """
    inner = inner_places(mask)
    words = inner & words
    first = sample(words, (words.sum(dim=1) + 1) // 2, rng)
    around = mask.bool() & ~inner
    kept = torch.cat([around | first, around | words & ~first])
    return closed_up(torch.cat([ids, ids]), kept)
