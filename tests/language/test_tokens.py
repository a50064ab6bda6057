import copy

import numpy as np
import pytest

from textssl.language.batches import Batches, padded_lengths
from textssl.language.tokens import split_stretches, tokenize

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


def test_sequences_have_special_tokens_around_each_text(tokenizer):
    tokens = tokenize(tokenizer, ["the dog", "", "fox"]).sequences(16)
    first, last = tokenizer.cls_token_id, tokenizer.sep_token_id
    the, dog, fox = tokenizer.convert_tokens_to_ids(["the", "dog", "fox"])
    assert tokens.ids.tolist() == [first, the, dog, last, first, last, first, fox, last]
    assert tokens.starts.tolist() == [0, 4, 6, 9]
    assert tokens.lengths.tolist() == [4, 2, 3]
    assert tokens.owners.tolist() == [0, 1, 2]
    assert (tokens.ids.dtype, tokens.starts.dtype, tokens.owners.dtype) == (np.int32, np.int64, np.int64)


def test_tokenize_agrees_with_the_tokenizer(tokenizer):
    texts = ["The QUICK fox", "an unseen word: zebra!", "🦊"]
    tokens = tokenize(tokenizer, texts).sequences(64)
    for i, expected in enumerate(tokenizer(texts)["input_ids"]):
        assert tokens.ids[tokens.starts[i] : tokens.starts[i + 1]].tolist() == expected


@pytest.mark.parametrize(("words", "lengths"), [(6, [8]), (7, [8, 3]), (12, [8, 8]), (13, [8, 8, 3])])
def test_a_long_text_is_cut(tokenizer, words, lengths):
    text = " ".join((["fox", "dog", "tree", "old", "lazy"] * 3)[:words])
    tokens = tokenize(tokenizer, ["dog", text, "fox"]).sequences(8)
    assert tokens.lengths.tolist() == [3, *lengths, 3]
    assert tokens.owners.tolist() == [0, *[1] * len(lengths), 2]
    special = [tokenizer.cls_token_id, tokenizer.sep_token_id]
    assert tokenizer.decode([i for i in tokens.ids[3:-3] if i not in special]) == text


def test_a_tokenizer_that_cuts_and_pads_by_itself_is_kept_from_it(tokenizer):
    tokenizer = copy.deepcopy(tokenizer)
    tokenizer.backend_tokenizer.enable_truncation(6)
    tokenizer.backend_tokenizer.enable_padding(length=6)
    assert tokenize(tokenizer, ["dog " * 20, "dog"]).sequences(12).lengths.tolist() == [12, 12, 3]


def test_owners_count_on_across_blocks(tokenizer):
    tokens = tokenize(tokenizer, (text for text in ["fox"] * 4_500)).sequences(8)
    assert tokens.owners.tolist() == list(range(4_500))


def test_nothing_to_tokenize(tokenizer):
    tokens = tokenize(tokenizer, []).sequences(8)
    assert len(tokens.ids) == len(tokens.lengths) == len(tokens.owners) == 0
    assert tokens.select(np.array([], dtype=int)).starts.tolist() == [0]


def test_select_keeps_order_and_owners(tokenizer):
    tokens = tokenize(tokenizer, ["the dog", "fox", "the lazy dog"]).sequences(8)
    selected = tokens.select(np.array([2, 0]))
    assert selected.owners.tolist() == [2, 0]
    assert selected.lengths.tolist() == [5, 4]
    assert tokenizer.decode(selected.ids[: selected.starts[1]], skip_special_tokens=True) == "the lazy dog"


def test_padded(tokenizer):
    tokens = tokenize(tokenizer, ["the dog", "fox", "the lazy dog"]).sequences(8)
    ids, mask = tokens.padded(np.array([1, 2]), pad=77)
    assert ids.shape == mask.shape == (2, 5)
    assert mask.tolist() == [[1, 1, 1, 0, 0], [1, 1, 1, 1, 1]]
    assert ids[0].tolist() == [*tokens.ids[4:7].tolist(), 77, 77]
    assert ids[1].tolist() == tokens.ids[7:12].tolist()
    assert str(ids.dtype) == str(mask.dtype) == "torch.int64"


def test_a_very_long_text_is_cut_at_spaces_and_nothing_is_lost():
    text = "word and " * 20_000
    stretches = list(split_stretches(text))
    assert "".join(stretches) == text
    assert len(stretches) > 1
    assert all(len(stretch) <= 50_000 and stretch.startswith(" ") for stretch in stretches[1:])


def test_a_very_long_text_without_spaces_is_cut_all_the_same():
    stretches = list(split_stretches("x" * 120_000))
    assert [len(stretch) for stretch in stretches] == [50_000, 50_000, 20_000]


def test_packed_joins_texts_and_the_pieces_of_one(tokenizer):
    tokens = tokenize(tokenizer, ["the dog", "", "fox old tree old lazy dog fox old"]).sequences(8)
    packed = tokens.packed(5)
    first, last = tokenizer.cls_token_id, tokenizer.sep_token_id
    words = tokenizer("the dog fox old tree old lazy dog fox old", add_special_tokens=False)["input_ids"]
    assert packed.ids.tolist() == [first, *words[:2], last, first, last, first, *words[2:], last]
    assert packed.starts.tolist() == [0, 5, 10, 15, 16]
    assert set(packed.owners.tolist()) == {-1}
    assert packed.ids.dtype == tokens.ids.dtype
    assert packed.starts.dtype == packed.owners.dtype == np.int64
    assert packed.packed(7).ids.tolist() == packed.ids.tolist()
