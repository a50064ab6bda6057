"""A refining that is killed resumes, and ends at the bytes of one that was not."""

import numpy as np
import pytest
from interrupting import cut_off_at
from scipy import sparse

from textssl.refining import refine as refining
from textssl.refining.refine import refine

TEXTS, WORDS, DIMENSIONS = 120, 30, 8
QUICK = {"steps": 6, "batch_texts": 50}


@pytest.fixture(scope="module")
def inputs():
    """Arguments of `refine`: 120 random texts of 4 of 30 words, in 3 and 6 clusters."""
    rng = np.random.default_rng(0)
    bags = np.zeros((TEXTS, WORDS), dtype=np.float32)
    for row in range(TEXTS):
        bags[row, rng.choice(WORDS, 4, replace=False)] = 1
    table = rng.normal(size=(WORDS, DIMENSIONS)).astype(np.float32)
    return sparse.csr_array(bags), table, [np.arange(TEXTS) % 3, np.arange(TEXTS) % 6]


@pytest.fixture(scope="module")
def teacher():
    vectors = np.random.default_rng(1).normal(size=(TEXTS, 5))
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


@pytest.fixture
def saved_each_step(monkeypatch):
    """Make every training write its checkpoint after each step."""
    plan = refining.Plan
    monkeypatch.setattr(refining, "Plan", lambda *steps, **rest: plan(*steps, **rest, checkpoint_seconds=0.0))


def same(one, other):
    turns = [b"" if each.turn is None else each.turn.tobytes() for each in (one, other)]
    return one.token_vectors.tobytes() == other.token_vectors.tobytes() and turns[0] == turns[1]


@pytest.mark.parametrize(("taught", "step"), [(False, 0), (False, 3), (True, 3)])
def test_a_refining_cut_off_ends_at_the_same_bytes(
    taught, step, inputs, teacher, tmp_path, saved_each_step, monkeypatch
):
    checkpoint, knows = tmp_path / "refining.checkpoint", teacher if taught else None
    straight = refine(*inputs, teacher=knows, **QUICK)
    with monkeypatch.context() as patch:
        patch.setattr(refining, "train", cut_off_at(step, refining.train))
        with pytest.raises(KeyboardInterrupt):
            refine(*inputs, teacher=knows, checkpoint=checkpoint, **QUICK)
    assert {*tmp_path.iterdir()} <= {checkpoint}
    for _ in range(2):  # from where it was cut off, and from its end
        assert same(refine(*inputs, teacher=knows, checkpoint=checkpoint, **QUICK), straight)
        assert {*tmp_path.iterdir()} == {checkpoint}


def test_a_resumed_refining_repeats_no_step(inputs, tmp_path, saved_each_step, monkeypatch):
    checkpoint, train, seen = tmp_path / "refining.checkpoint", refining.train, []
    with monkeypatch.context() as patch:
        patch.setattr(refining, "train", cut_off_at(4, train))
        with pytest.raises(KeyboardInterrupt):
            refine(*inputs, checkpoint=checkpoint, **QUICK)

    def watched(task, *rest):
        drawn = task.batch_at
        task.batch_at = lambda step: seen.append(step) or drawn(step)
        train(task, *rest)

    monkeypatch.setattr(refining, "train", watched)
    refine(*inputs, checkpoint=checkpoint, **QUICK)
    assert seen == [4, 5]


def test_a_batch_larger_than_the_corpus_is_the_corpus(inputs, teacher):
    larger, whole = (refine(*inputs, teacher=teacher, **QUICK | {"batch_texts": size}) for size in (10_000, TEXTS))
    assert same(larger, whole)
    assert not np.array_equal(larger.token_vectors, inputs[1])
    assert not same(larger, refine(*inputs, teacher=teacher, **QUICK))


@pytest.mark.parametrize("taught", [False, True])
def test_texts_of_one_word_train_nothing(taught, inputs, teacher, tmp_path):
    bags = sparse.csr_array(np.eye(WORDS, dtype=np.float32)[np.arange(TEXTS) % WORDS])
    _, table, clusterings = inputs
    knows = teacher if taught else None
    refined = refine(bags, table, clusterings, teacher=knows, checkpoint=tmp_path / "refining.checkpoint")
    np.testing.assert_array_equal(refined.token_vectors, table)
    assert refined.turn is None or np.array_equal(refined.turn, np.eye(5))
    assert not list(tmp_path.iterdir())
