import numpy as np
import pytest

from textssl.language.lemmas import lemma_numbers, lemma_of, lemma_table, members
from textssl.language.tokenizer import train_tokenizer

FORMS = ["mouse mice dog dogs haus häuser", "der hund die hunde"]


@pytest.mark.parametrize(
    ("lang", "joined", "apart"),
    [
        ("en", [("mice", "mouse"), ("dogs", "dog")], [("häuser", "haus"), ("mouse", "dog")]),
        ("en-GB", [("mice", "mouse")], [("mouse", "dog")]),
        ("en_US", [("mice", "mouse")], [("mouse", "dog")]),
        ("German", [("häuser", "haus")], [("mice", "mouse")]),
        ("de", [("häuser", "haus"), ("hunde", "hund")], [("mice", "mouse"), ("haus", "hund")]),
        ("xx", [], [("mice", "mouse"), ("häuser", "haus")]),
    ],
)
def test_forms_of_a_lemma_share_a_number_in_their_language(lang, joined, apart):
    tokenizer = train_tokenizer(FORMS)
    lemmas = lemma_numbers(tokenizer, lang)
    assert lemmas.shape == (len(tokenizer),)
    for pair in joined:
        assert len(set(lemmas[tokenizer.convert_tokens_to_ids(list(pair))])) == 1, pair
    for pair in apart:
        assert len(set(lemmas[tokenizer.convert_tokens_to_ids(list(pair))])) == 2, pair


def test_tokens_of_bytes_stay_apart():
    tokenizer = train_tokenizer(["我们是朋友", "他们是朋友"])
    assert len(set(lemma_numbers(tokenizer, "zh"))) == len(tokenizer)


def test_members():
    assert members(np.array([0, 1, 0])).toarray().tolist() == [[1, 0], [0, 1], [1, 0]]


def test_the_table_is_loaded_once_and_gives_lemmas_in_lower_case():
    german = lemma_table("de")
    assert lemma_table("de") is german
    assert lemma_of("häuser", german) == "haus"  # a noun, listed as Häuser
    assert lemma_of("mice", german) is None
    assert not lemma_table("xx")
