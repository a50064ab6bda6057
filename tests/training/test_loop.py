from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from torch import nn

from textssl.training.loop import train
from textssl.training.optimizers import Plan, make_optimizers, schedule
from textssl.training.tasks import Sum


class Model(nn.Module):
    """Predict a class from a bag of tokens; dropout, so that the random state matters."""

    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        self.table = nn.Embedding(20, 8)
        self.hidden = nn.Linear(8, 8)
        self.drop = nn.Dropout(0.3)
        self.out = nn.Linear(8, 20, bias=False)
        self.out.weight = self.table.weight  # tied, as in language models

    def forward(self, tokens):
        return self.out(self.drop(torch.relu(self.hidden(self.table(tokens).mean(dim=1)))))


def batch_at(step):
    rng = np.random.default_rng([5, step])
    first = torch.from_numpy(rng.integers(0, 19, 32))
    return {"tokens": torch.stack([first, first], dim=1), "next": first + 1}


def learn(model, plan, checkpoint=None, batches=batch_at, seed=1):
    losses = []

    def loss_of(batch):
        loss = nn.functional.cross_entropy(model(batch["tokens"]), batch["next"])
        losses.append(loss.item())
        return loss

    task = SimpleNamespace(model=model, batch_at=batches, loss=loss_of)
    train(task, plan, seed, "test", checkpoint)
    return losses


PLAN = Plan(steps=60, learning_rate=0.02, table_learning_rate=0.05, checkpoint_seconds=0.0)


def same(one, other):
    return all(torch.equal(a, b) for a, b in zip(one.state_dict().values(), other.state_dict().values(), strict=True))


def test_the_loss_falls_and_the_model_ends_in_evaluation():
    model = Model()
    losses = learn(model, PLAN)
    assert np.mean(losses[-10:]) < 0.7 * np.mean(losses[:5])
    assert not model.training


def test_the_same_seed_gives_the_same_weights():
    one, other, third = Model(), Model(), Model()
    learn(one, PLAN)
    torch.rand(100)  # whatever else the process drew
    learn(other, PLAN)
    learn(third, PLAN, seed=2)
    assert same(one, other)
    assert not same(one, third)


@pytest.mark.parametrize("muon", [False, True])
@pytest.mark.parametrize("stopped_at", [1, 17, 59])
def test_a_training_cut_off_ends_at_the_same_weights(tmp_path, stopped_at, muon):
    plan = replace(PLAN, muon=muon)
    straight, cut_off, resumed = Model(), Model(), Model()
    losses = learn(straight, plan)

    def stopping(step):
        if step == stopped_at:
            raise KeyboardInterrupt
        return batch_at(step)

    checkpoint = tmp_path / "checkpoint"
    with pytest.raises(KeyboardInterrupt):
        learn(cut_off, plan, checkpoint, stopping)
    nn.init.ones_(resumed.hidden.weight)  # what the checkpoint must overwrite
    rest = learn(resumed, plan, checkpoint)
    assert rest == losses[stopped_at:]
    assert same(straight, resumed)
    assert not resumed.training


def test_a_finished_training_is_not_repeated(tmp_path):
    model, again = Model(), Model()
    learn(model, PLAN, tmp_path / "checkpoint")
    assert learn(again, PLAN, tmp_path / "checkpoint") == []
    assert same(model, again)


def test_no_checkpoint_before_its_time_but_one_at_the_end(tmp_path):
    def watched(step):
        assert not (tmp_path / "checkpoint").exists()
        return batch_at(step)

    learn(Model(), Plan(5, 0.01, 0.01), tmp_path / "checkpoint", watched)
    assert learn(Model(), Plan(5, 0.01, 0.01), tmp_path / "checkpoint") == []


def test_a_rate_by_name_a_constant_schedule_and_no_clipping():
    plan = Plan(100, 0.02, 0.05, rates={"hidden.bias": 0.5}, warmup=0.0, decay=False)
    (optimizer,) = make_optimizers(model := Model(), plan)
    rates = {id(parameter): group["peak"] for group in optimizer.param_groups for parameter in group["params"]}
    assert rates[id(model.hidden.bias)] == 0.5
    assert rates[id(model.hidden.weight)] == 0.02
    assert {schedule(step, plan) for step in range(100)} == {1.0}


def test_a_sum_of_tasks_learns_both_on_their_own_batches():
    model, seen = Model(), []

    def task(name, target):
        def loss(batch):
            seen.append((name, sorted(batch)))
            return nn.functional.cross_entropy(model(batch["tokens"]), torch.full((32,), target))

        return SimpleNamespace(model=model, batch_at=lambda step: {"tokens": batch_at(step)["tokens"]}, loss=loss)

    train(Sum([(3.0, task("a", 1)), (1.0, task("b", 2))]), replace(PLAN, steps=200), 0, "test")
    assert seen[:2] == [("a", ["tokens"]), ("b", ["tokens"])]
    probability = model(batch_at(0)["tokens"]).softmax(dim=1).mean(dim=0).detach()
    assert probability[1] == pytest.approx(0.75, abs=0.05)
    assert probability[2] == pytest.approx(0.25, abs=0.05)


def test_the_schedule_rises_then_falls():
    plan = Plan(steps=100, learning_rate=1.0, table_learning_rate=1.0, warmup=0.1)
    shares = [schedule(step, plan) for step in range(100)]
    assert shares[:10] == pytest.approx([0.1 * i for i in range(1, 11)])
    assert shares[10] == 1.0
    assert shares[10:] == sorted(shares[10:], reverse=True)
    assert shares[99] == pytest.approx(1 / 90)
    assert [schedule(0, Plan(1, 1.0, 1.0))] == [1.0]


@pytest.mark.parametrize("muon", [False, True])
def test_the_table_has_its_own_rate_and_no_decay(muon):
    model = Model()
    optimizers = make_optimizers(model, Plan(10, 0.02, 0.05, weight_decay=0.3, muon=muon))
    groups = [group for optimizer in optimizers for group in optimizer.param_groups]
    found = {id(parameter): group for group in groups for parameter in group["params"]}
    assert len(optimizers) == 1 + muon
    assert len(found) == 3  # the tied matrix once
    expected = {
        "table": (model.table.weight, 0.05, 0.0),
        "matrix": (model.hidden.weight, 0.02, 0.3),
        "vector": (model.hidden.bias, 0.02, 0.0),
    }
    for parameter, rate, decay in expected.values():
        assert (found[id(parameter)]["lr"], found[id(parameter)]["weight_decay"]) == (rate, decay)


def test_a_step_of_muon_is_orthogonal_and_of_the_size_of_adamw():
    model, start = Model(), Model()
    learn(model, Plan(1, 0.01, 0.01, weight_decay=0.0, muon=True))
    step = (model.hidden.weight - start.hidden.weight).detach() / (0.01 * 0.2 * 8**0.5)
    assert torch.linalg.svdvals(step).min() > 0.3
    assert torch.linalg.svdvals(step).max() < 1.3


def test_a_rate_of_zero_changes_nothing():
    model, before = Model(), Model()
    learn(model, Plan(5, 0.0, 0.0))
    assert same(model, before)


@pytest.mark.parametrize(
    ("where", "expected"), [("never", torch.float32), ("gpu", torch.float32), ("always", torch.bfloat16)]
)
def test_bfloat16_is_used_where_the_plan_says(where, expected, monkeypatch):
    monkeypatch.setattr("textssl.training.loop.has_bfloat16", lambda device: True)
    seen = []

    class Watched(Model):
        def forward(self, tokens):
            scores = super().forward(tokens)
            seen.append(scores.dtype)
            return scores.float()

    learn(Watched(), replace(PLAN, steps=1, bfloat16=where))
    assert seen == [expected]
