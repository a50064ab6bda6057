from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn

from textssl.encoder.record import SentenceTraining
from textssl.encoder.sentence_training import mean_margin, signals
from textssl.encoder.vectors import unit_vectors


class Table(nn.Module):
    """A text is the row of its first token."""

    def __init__(self, rows):
        super().__init__()
        self.rows = nn.Parameter(torch.tensor(rows))

    def forward(self, batch):
        return {"sentence_embedding": self.rows[batch["input_ids"][:, 0]]}


HALVES = {"input_ids": torch.arange(6)[:, None], "attention_mask": torch.ones(6, 1, dtype=int)}
WHOLE = {"input_ids": torch.arange(3).repeat(4)[:, None], "attention_mask": torch.ones(12, 1, dtype=int)}
APART = [[1.0, 0.0], [0.0, 1.0], [-1.0, -1.0]]


def test_signals():
    found = signals(Table(APART + APART), HALVES, WHOLE)
    assert found.retrieval == 1
    assert found.alignment == pytest.approx(0, abs=1e-6)
    worse = signals(Table(APART + APART[::-1]), HALVES, WHOLE)
    assert worse.retrieval == pytest.approx(1 / 3)
    assert worse.alignment > 1
    assert worse.uniformity == pytest.approx(found.uniformity)
    assert worse.margin == found.margin
    crowded = signals(Table([[1.0, 0.0], [1.0, 0.01], [-1.0, 0.0]] * 2), HALVES, WHOLE)
    assert crowded.uniformity > found.uniformity


def test_padding_and_the_rows_read_at_once_change_nothing():
    class Sum(Table):
        def forward(self, batch):
            kept = batch["attention_mask"][:, :, None]
            return {"sentence_embedding": (self.rows[batch["input_ids"]] * kept).sum(dim=1)}

    model = Sum(APART).train()
    ids = torch.tensor([[0, 0, 0], [1, 0, 0], [2, 1, 0]])
    mask = torch.tensor([[1, 0, 0], [1, 0, 0], [1, 1, 0]])
    found = unit_vectors(model, {"input_ids": ids, "attention_mask": mask}, rows_at_once=2)
    torch.testing.assert_close(found, torch.tensor([[1.0, 0.0], [0.0, 1.0], [-1.0, 0.0]]))
    assert model.training


def test_the_margin_is_high_where_there_are_clusters():
    rng = np.random.default_rng(0)
    loose = rng.normal(size=(200, 16))
    tight = np.repeat(rng.normal(size=(4, 16)), 50, axis=0) + 0.1 * rng.normal(size=(200, 16))
    found = [mean_margin(rows / np.linalg.norm(rows, axis=1, keepdims=True)) for rows in (loose, tight)]
    assert 0 < found[0] < found[1] < 2
    assert mean_margin(np.ones((5, 1))) == 0


def test_the_note_says_what_was_compared():
    measured = [
        {"step": 0, "retrieval": 0.25, "margin": 0.3},
        {"step": 9, "retrieval": 0.5, "margin": 0.31},
        {"step": 18, "retrieval": 0.4, "margin": 0.2},
    ]
    training = SentenceTraining("crops", texts=200, kept=9, measured=measured)
    assert training.note == (
        "after the sentence training (crops, 200 texts held out), 50.0% of half texts find their other half, margin "
        "of clusters 0.310; before it, 25.0% of half texts find their other half, margin of clusters 0.300"
    )
    assert replace(training, kept=0).note == (
        "context did not help: the sentence training (crops, 200 texts held out) did not improve the vectors, so those "
        "of the start are kept: 25.0% of half texts find their other half, margin of clusters 0.300; at the end of the "
        "training, 40.0% of half texts find their other half, margin of clusters 0.200"
    )
