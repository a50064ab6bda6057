"""Replaced token detection: which tokens were replaced (ELECTRA, Clark et al. 2020).

The replacements are drawn by their frequency in the texts; no second model generates them.
"""

import numpy as np
import torch

from textssl.pretraining.objectives.vocabulary import Vocabulary
from textssl.training.tasks import Batch


def corrupt(
    ids: torch.Tensor, mask: torch.Tensor, vocabulary: Vocabulary, rate: float, rng: np.random.Generator
) -> Batch:
    """Replace a random share of the words; parameters as in `mlm.corrupt`.

    Returns:
        input_ids, attention_mask and labels (1 where the token is another one, 0 where it is the same, -100 for special
        tokens and padding), each int64 (texts, length).
    """
    words = vocabulary.words(ids, mask)
    chosen = words & torch.from_numpy(rng.random(ids.shape, dtype=np.float32) < rate)
    replaced = ids.clone()
    for kind in (vocabulary.begins, ~vocabulary.begins):  # a piece of a word is replaced by another piece
        upto = np.cumsum(vocabulary.counts * kind.numpy())
        places = chosen & kind[ids]
        if upto[-1]:
            drawn = np.searchsorted(upto, rng.random(int(places.sum())) * upto[-1], side="right")
            replaced[places] = torch.from_numpy(drawn)
    labels = (replaced != ids).long().masked_fill(~words, -100)
    return {"input_ids": replaced, "attention_mask": mask, "labels": labels}
