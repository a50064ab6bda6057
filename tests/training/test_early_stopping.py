import pytest
import torch
from torch import nn

from textssl.training import early_stopping
from textssl.training.early_stopping import Guard, Signals, signals


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


@pytest.fixture
def scripted(monkeypatch):
    """Have `signals` return the retrievals of a list, and the model's state be the number of the measure."""
    left = []

    def measured(model, halves):
        model.rows.data += 1
        return Signals(left.pop(0), 0.0, 0.0)

    monkeypatch.setattr(early_stopping, "signals", measured)
    return left


def test_the_best_state_is_kept_and_three_measures_without_gain_end_it(scripted, tmp_path):
    scripted += [0.1, 0.4, 0.2, 0.4, 0.3, 0.9]
    model = Table([[0.0]])
    watch = Guard(model, HALVES, 100, tmp_path / "best")
    assert next(step for step in range(101) if watch(step)) == 40
    watch = Guard(model, HALVES, 100, tmp_path / "best")  # as after a kill
    assert watch.kept == 10
    watch.keep_best()
    assert model.rows.item() == 2


def test_what_was_measured_is_not_measured_again(scripted, tmp_path):
    scripted += [0.1, 0.4]
    model = Table([[0.0]])
    first = Guard(model, HALVES, 100, tmp_path / "best")
    assert not any(first(step) for step in range(11))
    again = Guard(model, HALVES, 100, tmp_path / "best")
    assert not any(again(step) for step in range(11))
    assert again.measured == first.measured
    assert model.rows.item() == 2


def test_a_start_that_is_best_is_kept(scripted, tmp_path):
    scripted += [0.5, 0.5, 0.4, 0.4]
    model = Table([[0.0]])
    watch = Guard(model, HALVES, 3, tmp_path / "best")
    assert [watch(step) for step in range(4)] == [False, False, False, True]
    watch.keep_best()
    assert (watch.kept, model.rows.item()) == (0, 1)
