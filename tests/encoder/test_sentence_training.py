import pytest
import torch
from torch import nn

from textssl.encoder.sentence_training import signals


class Table(nn.Module):
    """A text is the row of its first token."""

    def __init__(self, rows):
        super().__init__()
        self.rows = nn.Parameter(torch.tensor(rows))

    def forward(self, batch):
        return {"sentence_embedding": self.rows[batch["input_ids"][:, 0]]}


HALVES = {"input_ids": torch.arange(6)[:, None]}
APART = [[1.0, 0.0], [0.0, 1.0], [-1.0, -1.0]]


def test_signals():
    found = signals(Table(APART + APART), HALVES)
    assert found.retrieval == 1
    assert found.alignment == pytest.approx(0, abs=1e-6)
    worse = signals(Table(APART + APART[::-1]), HALVES)
    assert worse.retrieval == pytest.approx(1 / 3)
    assert worse.alignment > 1
    assert worse.uniformity == pytest.approx(found.uniformity)
    crowded = signals(Table([[1.0, 0.0], [1.0, 0.01], [-1.0, 0.0]] * 2), HALVES)
    assert crowded.uniformity > found.uniformity
