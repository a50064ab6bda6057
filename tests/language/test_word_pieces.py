import numpy as np
import pytest
from foreign import byte_level, sentence_piece

from textssl.language.tokenizer import train_tokenizer
from textssl.language.word_pieces import word_pieces

ENGLISH = ["the quick brown fox jumps over the lazy dog", "a slow dog sleeps under the old tree, and dreams"] * 5
CHINESE = ["今天天气很好适合出门", "明天天气不好会下大雨", "股票市场今天大幅上涨"] * 5
MADE = {
    "WordPiece": lambda: train_tokenizer(ENGLISH).backend_tokenizer,
    "byte-level": lambda: byte_level(ENGLISH, 340),
    "SentencePiece": lambda: sentence_piece(ENGLISH, 80),
    "our own byte-level": lambda: train_tokenizer(ENGLISH, kind="bytes").backend_tokenizer,
}


def words_of(tokenizer, text):
    """Return the words of a text, each the list of its tokens."""
    encoding = tokenizer.encode(text, add_special_tokens=False)
    words = []
    for token, inner in zip(encoding.tokens, word_pieces(tokenizer).inner(np.array(encoding.ids)), strict=True):
        words[-1].append(token) if inner else words.append([token])
    return ["".join(word).replace("##", "").strip("Ġ▁") for word in words]


@pytest.mark.parametrize("kind", MADE)
def test_pieces_make_words(kind):
    tokenizer = MADE[kind]()
    found = words_of(tokenizer, "the quickest fox, lazy dogs sleeping")
    assert found == ["the", "quickest", "fox", ",", "lazy", "dogs", "sleeping"]


def test_a_word_at_the_start_has_no_space_before_it_and_begins_all_the_same():
    tokenizer = byte_level(ENGLISH, 340)
    ids = np.array(tokenizer.encode("the fox").ids)
    pieces = word_pieces(tokenizer)
    assert [pieces.spelled[number] for number in ids] == ["the", "fox"]
    assert pieces.spaced[ids].tolist() == [False, True]
    assert pieces.continues[ids].tolist() == [True, False]
    assert pieces.inner(ids).tolist() == [False, False]
    start = tokenizer.token_to_id("<s>")
    assert pieces.inner(np.array([start, ids[0], ids[0]])).tolist() == [False, False, True]


def test_without_spaces_every_token_is_a_word():
    tokenizer = train_tokenizer(CHINESE).backend_tokenizer
    pieces = word_pieces(tokenizer)
    assert not (pieces.continues | pieces.spaced).any()
    assert pieces.part[tokenizer.token_to_id("ä")]
    assert not pieces.part[tokenizer.encode("今天").ids].any()
    mixed = byte_level([f"{a} {b}" for a in ENGLISH for b in CHINESE], 400)
    assert words_of(mixed, "the 今天")[1:] != ["今天"]  # pieces of a run are words of their own
    assert not word_pieces(mixed).inner(np.array(mixed.encode("今天天气").ids)).any()


def test_special_tokens_are_no_pieces():
    for make in MADE.values():
        tokenizer = make()
        pieces = word_pieces(tokenizer)
        special = list(tokenizer.get_added_tokens_decoder())
        assert not (pieces.continues | pieces.spaced)[special].any()
