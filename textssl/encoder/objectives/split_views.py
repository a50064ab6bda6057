"""Split views: the views are the two halves of a text, random disjoint sets of its words.

The halves share no word, so the model has to learn which words co-occur. They share no piece of a rare word and no
punctuation either, by which a model could find the other half without learning anything.
"""

import numpy as np
import torch

from textssl.encoder.objectives.views import closed_up, inner_places, sample
from textssl.training.tasks import Batch


def views(ids: torch.Tensor, mask: torch.Tensor, words: torch.Tensor, rng: np.random.Generator) -> Batch:
    """Split the words of each text at random into two views; pieces of words and punctuation are in neither.

    Args:
        ids: int64 (texts, longest), the token numbers.
        mask: int64 (texts, longest), 1 for tokens, 0 for padding.
        words: bool (texts, longest), which tokens are words.
        rng: the random generator.

    Returns:
        input_ids and attention_mask, (2 * texts, longest view); the views of text i are rows i and texts + i.
    """
    inner = inner_places(mask)
    words = inner & words
    first = sample(words, (words.sum(dim=1) + 1) // 2, rng)
    special = mask.bool() & ~inner
    kept = torch.cat([special | first, special | words & ~first])
    return closed_up(torch.cat([ids, ids]), kept)
