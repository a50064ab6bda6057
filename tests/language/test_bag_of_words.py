import numpy as np
import pytest
from scipy import sparse

from textssl.language.bag_of_words import by_text, sif_weights, word_bags
from textssl.language.tokenizer import train_tokenizer
from textssl.language.tokens import tokenize


def words_of(bags, tokenizer, row):
    return sorted(tokenizer.convert_ids_to_tokens(bags[[row]].indices.tolist()))


@pytest.fixture(scope="module")
def bags_of():
    def make(texts, size="auto", max_length=64):
        tokenizer = train_tokenizer(texts, size)
        tokens = tokenize(tokenizer, texts).sequences(max_length)
        return word_bags(tokens, tokenizer), tokenizer, tokens

    return make


def test_repeated_words_count_once_and_punctuation_never(bags_of):
    bags, tokenizer, _ = bags_of(["the fox, the fox!", "the dog, a fox?", "a dog; 42", "x 42"])
    assert bags.dtype == np.float32
    assert bags.shape == (4, len(tokenizer))
    assert [words_of(bags, tokenizer, row) for row in range(4)] == [
        ["fox", "the"],
        ["a", "dog", "fox", "the"],
        ["42", "a", "dog"],
        ["42"],
    ]
    assert set(bags.data) == {1.0}


def test_pieces_of_words_are_left_out(bags_of):
    texts = ["go gone", "go gone", "go gonewxyz", "go gonewxyz"]
    bags, tokenizer, _ = bags_of(texts, 22)
    assert len(tokenizer.tokenize("gonewxyz")) > 1
    assert words_of(bags, tokenizer, 2) == ["go"]


def test_pieces_count_where_they_are_asked_for(bags_of):
    texts = ["go gone", "go gone", "go gonewxyz", "go gonewxyz!"]
    _, tokenizer, tokens = bags_of(texts, 22)
    bags = word_bags(tokens, tokenizer, pieces=True)
    assert words_of(bags, tokenizer, 2) == sorted({"go", *tokenizer.tokenize("gonewxyz")})
    assert (bags[[2]] != bags[[3]]).nnz == 0


def test_without_repeated_words_each_counts(bags_of):
    bags, tokenizer, _ = bags_of(["red fox", "old dog"])
    assert [words_of(bags, tokenizer, row) for row in range(2)] == [["fox", "red"], ["dog", "old"]]


def test_all_words_count_where_repeated_ones_do_not_tell_texts_apart(bags_of):
    bags, tokenizer, _ = bags_of(["a red apple", "a blue boat", "a red cherry", "a blue sail"])
    assert words_of(bags, tokenizer, 0) == ["a", "apple", "red"]
    bags, tokenizer, _ = bags_of(["a red apple", "a blue boat", "a red apple boat", "a blue sail"])
    assert words_of(bags, tokenizer, 3) == ["a", "blue"]


def test_signs_count_where_texts_hold_nothing_else(bags_of):
    bags, tokenizer, _ = bags_of(["!!!", "🦊"])
    assert [words_of(bags, tokenizer, row) for row in range(2)] == [["!"], ["🦊"]]
    bags, tokenizer, _ = bags_of(["go on!", "go 🦊", "!!!", "🦊"])
    assert [words_of(bags, tokenizer, row) for row in range(4)] == [["!", "go"], ["go", "🦊"], ["!"], ["🦊"]]


def test_few_texts_without_a_repeated_word_stay_without(bags_of):
    bags, tokenizer, _ = bags_of([*["red fox", "old dog"] * 10, "heron", "!!!"])
    assert [words_of(bags, tokenizer, row) for row in (0, 1, 20, 21)] == [["fox", "red"], ["dog", "old"], [], []]


def test_by_text_joins_the_pieces_of_a_text(bags_of):
    bags, tokenizer, tokens = bags_of(["a b c d e f a b c d e f", "a f"], max_length=8)
    assert tokens.owners.tolist() == [0, 0, 1]
    joined = by_text(bags, tokens.owners)
    assert words_of(joined, tokenizer, 0) == list("abcdef")
    assert words_of(joined, tokenizer, 1) == ["a", "f"]
    assert set(joined.data) == {1.0}


def test_frequent_words_weigh_less():
    bags = sparse.csr_array(np.array([[1, 1, 0], [1, 0, 0], [1, 0, 0]], dtype=np.float32))
    weights = sif_weights(bags, 0.5)
    assert weights == pytest.approx([0.5 / 1.25, 0.5 / 0.75, 0])
    assert weights.dtype == np.float32
