"""Predict the first word of each text."""

from textssl.pretraining.objectives.registry import MASKED, Objective


def corrupt(ids, mask, vocabulary, rate, rng):
    first = mask.clone().zero_()
    first[:, 1] = 1
    chosen = first.bool()
    labels = ids.masked_fill(~chosen, -100)
    return {"input_ids": ids.masked_fill(chosen, vocabulary.mask_id), "attention_mask": mask, "labels": labels}


ENTRY = Objective(f"{__name__}:corrupt", MASKED)
