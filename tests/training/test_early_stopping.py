import pytest
import torch
from torch import nn

from textssl.training.early_stopping import EarlyStopping


class Model(nn.Module):
    def __init__(self):
        super().__init__()
        self.rows = nn.Parameter(torch.zeros(1, 1))


@pytest.fixture
def watch_of(tmp_path):
    """Return what makes an EarlyStopping whose measures are those of a list, and counts them in the model's state."""

    def make(model, scores, steps=100, **parameters):
        def measure():
            model.rows.data += 1
            score = scores.pop(0)
            first, second = score if isinstance(score, tuple) else (score, 1.0)
            return {"score": first, "second": second, "other": 0.0}

        return EarlyStopping(model, measure, ("score", "second"), steps, tmp_path / "best", **parameters)

    return make


def test_the_best_state_is_kept_and_three_measures_without_gain_end_it(watch_of):
    scores = [0.1, 0.4, 0.2, 0.4, 0.3, 0.9]
    model = Model()
    watch = watch_of(model, scores)
    assert next(step for step in range(101) if watch(step)) == 40
    watch = watch_of(model, scores)  # as after a kill
    assert watch.kept == 10
    watch.restore_best()
    assert model.rows.item() == 2


def test_what_was_measured_is_not_measured_again(watch_of):
    scores = [0.1, 0.4]
    model = Model()
    first = watch_of(model, scores)
    assert not any(first(step) for step in range(11))
    again = watch_of(model, scores)
    assert not any(again(step) for step in range(11))
    assert again.measured == first.measured
    assert model.rows.item() == 2


def test_a_start_that_is_best_is_kept(watch_of):
    scores = [0.5, 0.5, 0.4, 0.4]
    model = Model()
    watch = watch_of(model, scores, 3)
    assert [watch(step) for step in range(4)] == [False, False, False, True]
    watch.restore_best()
    assert (watch.kept, model.rows.item()) == (0, 1)


def test_a_gain_in_one_measure_does_not_pay_for_a_loss_in_another(watch_of):
    model = Model()
    watch = watch_of(model, [(0.1, 0.5), (0.9, 0.49), (0.09, 0.9), (0.8, 0.4)], 3)
    assert [watch(step) for step in range(4)] == [False, False, False, True]
    watch.restore_best()
    assert (watch.kept, model.rows.item()) == (0, 1)


def test_the_largest_gain_in_all_measures_is_kept(watch_of):
    model = Model()
    watch = watch_of(model, [(0.1, 0.5), (0.2, 0.5), (0.16, 0.8), (0.15, 0.6)], 3)
    assert not any(watch(step) for step in range(4))
    assert [watch.gain(step) for step in range(4)] == pytest.approx([0.0, 0.5, 0.6, 0.35])
    watch.restore_best()
    assert (watch.kept, model.rows.item()) == (2, 3)


def test_the_number_of_measurements(watch_of):
    watch = watch_of(Model(), [0.1, 0.2, 0.3, 0.4, 0.5], measurements=4)
    assert not any(watch(step) for step in range(101))
    assert list(watch.measured) == [0, 25, 50, 75, 100]
