"""Sentence order: were two neighbouring pieces of a text swapped (ALBERT, Lan et al. 2020).

The pieces of a text of several sentences are its sentences before and after a random sentence end; those of a single
sentence are its words before and after a random one, without the sign that ends it, which would give the answer away.
"""

import numpy as np
import torch

from textssl.pretraining.objectives.vocabulary import Vocabulary
from textssl.training.tasks import Batch


def corrupt(
    ids: torch.Tensor, mask: torch.Tensor, vocabulary: Vocabulary, rate: float, rng: np.random.Generator
) -> Batch:
    """Swap the two pieces of half of the texts; parameters as in `mlm.corrupt`, the rate has no meaning.

    Returns:
        input_ids and attention_mask, (texts, length), and labels (1 for a text that was changed, 0 for one that was
        not, -100 for a text of one word), (texts,), all int64.
    """
    columns = torch.arange(ids.shape[1])
    words, ends = vocabulary.words(ids, mask), vocabulary.ends[ids]
    first = words.int().argmax(dim=1, keepdim=True)
    last = (words * (columns + 1)).argmax(dim=1, keepdim=True)
    cuts = vocabulary.begins[ids] & words & (columns > first)
    sentences = cuts & ends.roll(1, dims=1) & ~ends
    several = sentences.any(dim=1, keepdim=True)
    last = torch.where(several, last, (words * ~ends * (columns + 1)).argmax(dim=1, keepdim=True))
    cuts = torch.where(several, sentences, cuts & (columns <= last))
    draw = torch.from_numpy(rng.random(ids.shape, dtype=np.float32))
    cut = (draw * cuts).argmax(dim=1, keepdim=True)
    possible = cuts.any(dim=1)
    swapped = possible & torch.from_numpy(rng.random(len(ids)) < 0.5)
    length = last + 1 - first
    places = first + (columns - first + cut - first) % length.clamp(min=1)
    inside = (columns >= first) & (columns <= last) & swapped[:, None]
    moved = ids.gather(1, torch.where(inside, places, columns.expand_as(ids)))
    labels = (moved != ids).any(dim=1).long().masked_fill(~possible, -100)
    return {"input_ids": moved, "attention_mask": mask, "labels": labels}
