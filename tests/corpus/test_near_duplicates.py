import re

import numpy as np
import pytest

from textssl.corpus import near_duplicates as module
from textssl.corpus.near_duplicates import near_duplicates
from textssl.errors import UsageError

TEXTS = [
    "Where is my order number 17",
    "where is my order number 18?",
    "the weather is fine",
    "Number 17: where is my order?",
    "",
    "THE WEATHER IS FINE!",
    "wie ist das Wetter",
]


def test_groups_and_pairs():
    found = near_duplicates(TEXTS, 0.7)
    assert found.pairs.tolist() == [[0, 1], [0, 3], [2, 5]]
    np.testing.assert_allclose(found.similarities, [5 / 7, 1, 1], atol=1e-6)
    assert found.groups.tolist() == [0, 0, 1, 0, -1, 1, -1]
    assert not found.notes


def test_at_similarity_1_only_the_same_words_count():
    assert near_duplicates(TEXTS, 1).pairs.tolist() == [[0, 3], [2, 5]]


@pytest.mark.parametrize("similarity", [0.25, 0.5, 0.8])
@pytest.mark.parametrize("at_once", [7, 4_000_000])
def test_the_pairs_are_those_of_comparing_every_pair(similarity, at_once, monkeypatch):
    monkeypatch.setattr(module, "_PAIRS_AT_ONCE", at_once)
    random = np.random.default_rng(0)
    texts = [" ".join(random.choice(list("abcdefghijkl"), random.integers(1, 9))) for _ in range(200)]
    texts = list(dict.fromkeys(" ".join(sorted(set(text.split()))) for text in texts))
    sets = [set(re.findall(r"\w+", text)) for text in texts]
    share = {(i, j): len(sets[i] & sets[j]) / len(sets[i] | sets[j]) for j in range(len(sets)) for i in range(j)}
    found = near_duplicates(texts, similarity)
    assert [tuple(pair) for pair in found.pairs.tolist()] == sorted(pair for pair in share if share[pair] >= similarity)
    np.testing.assert_allclose(found.similarities, [share[tuple(pair)] for pair in found.pairs.tolist()], atol=1e-6)


def test_characters_are_the_words_of_scripts_without_spaces():
    assert near_duplicates(["我想查询订单状态", "我想查询订单状态吗", "天气很好"]).groups.tolist() == [0, 0, -1]


def test_a_word_of_very_many_texts_is_limited_and_the_note_says_so():
    texts = [f"hello again {number}" for number in range(50)]
    found = near_duplicates(texts, 0.5, max_partners=3)
    assert found.notes == ("46 comparisons were limited to 3 texts with the same rare word",)
    assert (found.groups == 0).all()


@pytest.mark.parametrize("texts", [[], ["", "  ", "?!"], ["one text"]])
def test_texts_without_near_duplicates(texts):
    found = near_duplicates(texts)
    assert found.pairs.shape == (0, 2)
    assert (found.groups == -1).all()
    assert len(found.groups) == len(texts)


@pytest.mark.parametrize("similarity", [0, -1, 1.01, float("nan")])
def test_a_similarity_out_of_range(similarity):
    with pytest.raises(UsageError, match="similarity must be above 0 and at most 1, got"):
        near_duplicates(TEXTS, similarity)
