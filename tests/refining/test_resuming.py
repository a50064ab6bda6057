"""A refining that is killed resumes, and ends at the bytes of one that was not."""

from collections.abc import Iterator

import numpy as np
import pytest
from interrupting import cut_off_at
from scipy import sparse

from textssl.refining import refine as refining
from textssl.refining.refine import checkpoint_files, refine, refined_labels

TEXTS, WORDS, DIMENSIONS = 120, 30, 8
QUICK = {"steps": 6, "prediction_steps": 4, "batch_texts": 50}


@pytest.fixture(scope="module")
def inputs():
    """Arguments of `refine`: 120 random texts of 4 of 30 words, in 3 clusters."""
    rng = np.random.default_rng(0)
    bags = np.zeros((TEXTS, WORDS), dtype=np.float32)
    for row in range(TEXTS):
        bags[row, rng.choice(WORDS, 4, replace=False)] = 1
    table = rng.normal(size=(WORDS, DIMENSIONS)).astype(np.float32)
    identity = np.eye(DIMENSIONS, dtype=np.float32), np.zeros(DIMENSIONS, dtype=np.float32)
    return sparse.csr_array(bags), table, identity, np.arange(TEXTS) % 3


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
    arrays = ("token_vectors", "centres", "offsets")
    return all(getattr(one, name).tobytes() == getattr(other, name).tobytes() for name in arrays)


def nth_cut_off(nth, step, train):
    """Return `train`, whose n-th call is interrupted at a step."""
    calls: Iterator = iter([train] * nth + [cut_off_at(step, train)])
    return lambda *given: next(calls)(*given)


@pytest.mark.parametrize(
    ("taught", "training", "step"),
    [(False, 0, 0), (False, 0, 3), (True, 0, 3), (True, 1, 0), (True, 1, 2)],
)
def test_a_refining_cut_off_ends_at_the_same_bytes(
    taught, training, step, inputs, teacher, tmp_path, saved_each_step, monkeypatch
):
    checkpoint, knows = tmp_path / "refining.checkpoint", teacher if taught else None
    straight = refine(*inputs, teacher=knows, **QUICK)
    with monkeypatch.context() as patch:
        patch.setattr(refining, "train", nth_cut_off(training, step, refining.train))
        with pytest.raises(KeyboardInterrupt):
            refine(*inputs, teacher=knows, checkpoint=checkpoint, **QUICK)
    assert {*tmp_path.iterdir()} <= {*checkpoint_files(checkpoint)}
    assert same(refine(*inputs, teacher=knows, checkpoint=checkpoint, **QUICK), straight)
    assert {*tmp_path.iterdir()} == {*checkpoint_files(checkpoint)[0 if taught else 1 :]}
    again = refine(*inputs, teacher=knows, checkpoint=checkpoint, **QUICK)  # from the finished trainings
    assert same(again, straight)


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
def test_texts_of_one_word_are_clustered_but_not_trained(taught, inputs, teacher, tmp_path):
    bags = sparse.csr_array(np.eye(WORDS, dtype=np.float32)[np.arange(TEXTS) % WORDS])
    _, table, linear_map, labels = inputs
    checkpoint = tmp_path / "refining.checkpoint"
    refined = refine(bags, table, linear_map, labels, teacher=teacher if taught else None, checkpoint=checkpoint)
    np.testing.assert_array_equal(refined.token_vectors, table)
    np.testing.assert_allclose(np.linalg.norm(refined.centres, axis=1), 1, atol=1e-6)
    assert set(refined_labels(refined, bags, linear_map)) <= set(range(len(refined.centres)))
    assert not list(tmp_path.iterdir())


def test_labels_follow_cosine_and_offset(inputs):
    bags, _, linear_map, _ = inputs
    table = np.zeros((WORDS, DIMENSIONS), np.float32)
    table[:10, 0] = table[10:, 1] = 1
    refined = refining.Refined(table, np.eye(2, DIMENSIONS, dtype=np.float32), np.zeros(2, np.float32), 15.0)
    of_first = np.asarray(bags[:, :10].sum(axis=1)).ravel()
    expected = np.where(of_first > 2, 0, 1)
    labels = refined_labels(refined, bags, linear_map)
    assert (labels == expected)[of_first != 2].all()
    offset = refining.Refined(table, refined.centres, np.array([100, 0], np.float32), 15.0)
    assert not refined_labels(offset, bags, linear_map).any()
