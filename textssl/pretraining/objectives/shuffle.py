"""Shuffled token detection: which tokens were moved (Panda et al. 2021)."""

import numpy as np
import torch

from textssl.pretraining.objectives.vocabulary import Vocabulary
from textssl.training.tasks import Batch


def corrupt(
    ids: torch.Tensor, mask: torch.Tensor, vocabulary: Vocabulary, rate: float, rng: np.random.Generator
) -> Batch:
    """Exchange a random share of the words of each text with each other; parameters as in `mlm.corrupt`.

    Returns:
        input_ids, attention_mask and labels (1 where the token is another one, 0 where it is the same, -100 for special
        tokens and padding), each int64 (texts, length).
    """
    words = vocabulary.words(ids, mask)
    rows, columns = np.nonzero(words.numpy() & (rng.random(ids.shape, dtype=np.float32) < rate))
    order = np.lexsort([rng.random(len(rows)), rows])  # by text, at random within it
    rows, columns = rows[order], columns[order]
    following = np.arange(len(rows)) + 1  # each token takes the place of the next, the last that of the first
    last = np.append(rows[1:] != rows[:-1], True)[: len(rows)]
    following[last] = np.searchsorted(rows, rows[last])
    moved = ids.clone()
    moved[rows[following], columns[following]] = ids[rows, columns]
    labels = (moved != ids).long().masked_fill(~words, -100)
    return {"input_ids": moved, "attention_mask": mask, "labels": labels}
