import copy

import numpy as np
import pytest

from textssl.language.tokens import Tokens, split_stretches, tokenize


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


def test_tokens_come_back_from_their_folder_as_memory_maps(tokenizer, tmp_path):
    tokens = tokenize(tokenizer, ["the dog", "", "café 🦊"])
    tokens.save(tmp_path / "tokens")
    assert {path.name for path in tmp_path.rglob("*")} == {"tokens", "ids.npy", "starts.npy", "n_bytes.npy"}
    loaded = Tokens.load(tmp_path / "tokens", tokenizer)
    for name in ("ids", "starts", "n_bytes"):
        assert isinstance(getattr(loaded, name), np.memmap)
        np.testing.assert_array_equal(getattr(loaded, name), getattr(tokens, name))
        assert getattr(loaded, name).dtype == getattr(tokens, name).dtype
    assert loaded.n_bytes.tolist() == [7, 0, 10]
    assert loaded.tokenizer is tokenizer
    np.testing.assert_array_equal(loaded.sequences(8).ids, tokens.sequences(8).ids)


def test_tokens_saved_again_replace_the_former(tokenizer, tmp_path):
    for text in ("the dog", "fox"):
        tokenize(tokenizer, [text]).save(tmp_path / "tokens")
    assert len(Tokens.load(tmp_path / "tokens", tokenizer).ids) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["tokens"]


def test_texts_are_selected_in_any_order(tokenizer):
    texts = ["the dog", "", "fox", "the lazy dog sleeps"]
    tokens = tokenize(tokenizer, texts)
    rows = np.array([3, 1, 3, 0])
    selected, expected = tokens.select(rows), tokenize(tokenizer, [texts[row] for row in rows])
    assert len(selected) == 4
    for name in ("ids", "starts", "n_bytes", "lengths"):
        np.testing.assert_array_equal(getattr(selected, name), getattr(expected, name))
    assert len(tokens.select(np.array([], dtype=int))) == 0


@pytest.mark.parametrize("some", [slice(0, 2), slice(1, 3), slice(2, 100), slice(1, 1), slice(None)])
def test_numbers_of_consecutive_texts(some, tokenizer, tmp_path):
    texts = ["the dog", "", "fox", "the lazy dog sleeps"]
    tokenize(tokenizer, texts).save(tmp_path / "tokens")
    ids, starts = Tokens.load(tmp_path / "tokens", tokenizer).numbers(some)
    expected = tokenize(tokenizer, texts[some])
    np.testing.assert_array_equal(ids, expected.ids)
    np.testing.assert_array_equal(starts, expected.starts)
    assert type(ids) is type(starts) is np.ndarray


def test_a_text_that_is_tokenized_in_parts_is_one_text(tokenizer):
    long = "the lazy dog " * 5_000
    assert len(long) > 50_000
    tokens = tokenize(tokenizer, ["fox", long, "dog"])
    assert len(tokens) == 3
    assert tokens.lengths.tolist() == [1, 15_000, 1]
    assert tokens.n_bytes.tolist() == [3, len(long), 3]
    assert tokenizer.decode(tokens.ids[1:-1]) == long.strip()
    sequences = tokens.sequences(102)
    assert sequences.owners.tolist() == [0, *[1] * 150, 2]
    assert sequences.lengths.tolist() == [3, *[102] * 150, 3]
    assert (sequences.ids[sequences.starts[:-1]] == tokenizer.cls_token_id).all()
    assert (sequences.ids[sequences.starts[1:] - 1] == tokenizer.sep_token_id).all()
    np.testing.assert_array_equal(tokens.select(np.array([1])).ids, tokens.ids[1:-1])
