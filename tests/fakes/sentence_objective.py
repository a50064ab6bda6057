"""Vectors of unit mean square."""

from torch import nn

from textssl.encoder.objectives.registry import Objective

CALLS: list[int] = []


def views(ids, mask, words, rng):
    return {"input_ids": ids, "attention_mask": mask}


class UnitSquare(nn.Module):
    def __init__(self, model, settings):
        super().__init__()
        self.model = model

    def forward(self, batch):
        CALLS.append(len(batch["input_ids"]))
        return (self.model(batch)["sentence_embedding"].square().mean() - 1).square()


ENTRY = Objective(f"{__name__}:views", f"{__name__}:UnitSquare")
