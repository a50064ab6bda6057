import numpy as np
import pytest

from textssl.language.batches import Batches, RowBatches, longest_first, padded_lengths
from textssl.language.tokens import tokenize

LENGTHS = np.random.default_rng(0).integers(3, 60, 700)


@pytest.mark.parametrize(
    ("lengths", "batch_tokens"),
    [
        (LENGTHS, 512),
        (LENGTHS, 8),  # smaller than a sequence
        (LENGTHS, 10**9),  # larger than the corpus
        (np.array([5]), 8),
        (np.array([256]), 8),
        (np.array([1000, 3, 3, 3]), 100),
        (np.array([3, 3, 3, 3, 1000, 1000]), 150),
        (np.full(10, 7), 7),
    ],
)
def test_an_epoch_visits_each_sequence_once(lengths, batch_tokens):
    batches = Batches(lengths, batch_tokens, seed=0)
    for epoch in range(3):
        parts = [batches(epoch * batches.per_epoch + place) for place in range(batches.per_epoch)]
        assert all(len(part) for part in parts)
        assert sorted(np.concatenate(parts)) == list(range(len(lengths)))


def test_batches_are_about_as_large_as_asked_for():
    batches = Batches(LENGTHS, 512, seed=0)
    sizes = sorted(LENGTHS[batches(step)].sum() for step in range(batches.per_epoch))
    assert sizes[-1] <= 512
    assert sizes[1] > 512 / 2  # the smallest is what was left


def test_batches_have_few_shapes(tokenizer):
    tokens = tokenize(tokenizer, ["the " * (length - 2) for length in LENGTHS]).sequences(60)
    batches = Batches(tokens.lengths, 512, seed=0)
    shapes = {tuple(tokens.padded(batches(step), 0)[0].shape) for step in range(2 * batches.per_epoch)}
    assert len(shapes) <= 3 + 3 * 8 + 1  # lengths up to 8, eight to a doubling, what was left


def test_lengths_are_rounded_up_to_four_binary_digits():
    np.testing.assert_array_equal(
        padded_lengths(np.array([1, 15, 16, 17, 33, 48, 49, 255])), [1, 15, 16, 18, 36, 48, 52, 256]
    )


def test_little_padding():
    batches = Batches(LENGTHS, 512, seed=0)
    rows = [LENGTHS[batches(step)] for step in range(batches.per_epoch)]
    assert sum(row.sum() for row in rows) / sum(row.max() * len(row) for row in rows) > 0.85


def test_a_step_is_found_without_replay():
    counted = Batches(LENGTHS, 512, seed=3)
    sequence = [counted(step) for step in range(3 * counted.per_epoch)]
    for step in (len(sequence) - 1, 0, counted.per_epoch, 7):
        np.testing.assert_array_equal(Batches(LENGTHS, 512, seed=3)(step), sequence[step])


def test_epochs_and_seeds_differ():
    def epoch(seed, number):
        batches = Batches(LENGTHS, 512, seed)
        return [batches(number * batches.per_epoch + place).tolist() for place in range(batches.per_epoch)]

    assert epoch(0, 0) == epoch(0, 0)
    assert epoch(0, 0) != epoch(0, 1)
    assert epoch(0, 0) != epoch(1, 0)
    assert sorted(map(sorted, epoch(0, 0))) != sorted(map(sorted, epoch(0, 1)))  # other neighbours, not only order


ROWS = np.array([3, 5, 7, 11, 13, 17, 19])


@pytest.mark.parametrize("size", [1, 2, 3, 7])
def test_an_epoch_visits_each_row_at_most_once(size):
    batches = RowBatches(ROWS, size, seed=0)
    assert batches.per_epoch == 7 // size
    for epoch in range(3):
        parts = [batches(epoch * batches.per_epoch + place) for place in range(batches.per_epoch)]
        assert {len(part) for part in parts} == {size}
        rows = np.concatenate(parts).tolist()
        assert len(set(rows)) == len(rows)
        assert set(rows) <= set(ROWS.tolist())


def test_fewer_rows_than_a_batch_holds_are_one_batch():
    batches = RowBatches(ROWS, 100, seed=0)
    assert (batches.size, batches.per_epoch) == (7, 1)
    assert [sorted(batches(step)) for step in range(3)] == [ROWS.tolist()] * 3
    assert batches(0).tolist() != batches(1).tolist()  # in another order


def test_a_step_of_rows_is_found_without_those_before():
    batches = RowBatches(ROWS, 2, seed=[1, 3])
    sequence = [batches(step).tolist() for step in range(10)]
    for step in (9, 0, 5, 3):
        assert RowBatches(ROWS, 2, seed=[1, 3])(step).tolist() == sequence[step]
        assert batches(step).tolist() == sequence[step]
    assert [RowBatches(ROWS, 2, seed=[1, 4])(step).tolist() for step in range(10)] != sequence
    assert sequence[:3] != sequence[3:6]  # epochs differ


def test_longest_first_holds_texts_of_similar_length():
    lengths = np.array([3, 9, 4, 40, 4, 3, 1])
    found = [rows.tolist() for rows in longest_first(lengths, 12)]
    assert found == [[3], [1], [2, 4, 0], [5, 6]]


@pytest.mark.parametrize("batch_tokens", [1, 50, 10**9])
def test_longest_first_yields_each_text_once_within_the_size(batch_tokens):
    parts = list(longest_first(LENGTHS, batch_tokens))
    assert sorted(np.concatenate(parts)) == list(range(len(LENGTHS)))
    assert all(len(part) == 1 or LENGTHS[part].max() * len(part) <= batch_tokens for part in parts)
    assert (np.diff(LENGTHS[np.concatenate(parts)]) <= 0).all()


def test_longest_first_of_empty_texts_and_of_none():
    assert [rows.tolist() for rows in longest_first(np.array([0, 0]), 8)] == [[0, 1]]
    assert list(longest_first(np.array([], dtype=int), 8)) == []
