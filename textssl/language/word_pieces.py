"""Pieces of words: which tokens continue a word, in vocabularies of every kind."""

from typing import NamedTuple

import numpy as np
from tokenizers import Tokenizer

from textssl.language.scripts import has_spaces

_LEAST_SPACED = 0.1  # share of the longer tokens that begin with a space; below 0.01 in scripts without spaces
_PART = "\ufffd"  # some of the bytes of a character decode to it


class WordPieces(NamedTuple):
    """How the tokens of a vocabulary form words.

    WordPiece marks the tokens that continue a word (``##``). Byte-level BPE (``Ġ``) and SentencePiece (``▁``) mark the
    tokens that follow a space, so whether a token continues a word depends on the token before it. In scripts without
    spaces, every token is a word.

    Attributes:
        spelled: the characters of each token, without marks.
        continues: which tokens continue the word before them, if that can be continued: bool (vocabulary,).
        open: which tokens can be continued, bool (vocabulary,).
        spaced: which tokens begin with a space, bool (vocabulary,); none if words are not marked that way.
        part: which tokens are only some of the bytes of a character, bool (vocabulary,).
    """

    spelled: list[str]
    continues: np.ndarray
    open: np.ndarray
    spaced: np.ndarray
    part: np.ndarray

    def inner(self, ids: np.ndarray) -> np.ndarray:
        """Return which of the consecutive tokens `ids` (tokens,) continue the word before them: bool (tokens,)."""
        inner = self.continues[ids]
        inner[:1] = False
        inner[1:] &= self.open[ids[:-1]]
        return inner


def word_pieces(tokenizer: Tokenizer) -> WordPieces:
    """Return how the tokens of `tokenizer` form words, derived from its model and its decoder."""
    tokens = _tokens(tokenizer)
    special = np.zeros(len(tokens), dtype=bool)
    special[[number for number, token in tokenizer.get_added_tokens_decoder().items() if token.special]] = True
    none = np.zeros(len(tokens), dtype=bool)
    prefix = getattr(tokenizer.model, "continuing_subword_prefix", None)
    if prefix:
        continues = np.array([token.startswith(prefix) for token in tokens])
        return WordPieces([token.removeprefix(prefix) for token in tokens], continues, ~none, none, none)
    written = _written_after_a_word(tokenizer, len(tokens))
    spaced = np.array([text.startswith(" ") for text in written]) & ~special
    part = np.array([_PART in text for text in written])
    longer = np.array([len(text) > 1 for text in written]) & ~special
    if not longer.any() or spaced[longer].mean() < _LEAST_SPACED:
        return WordPieces(tokens, none, none, none, part)
    continues = np.array([_is_letter(text[:1]) for text in written]) & ~special
    is_open = np.array([text == " " or _is_letter(text[-1:]) for text in written]) & ~special
    return WordPieces([text.strip() for text in written], continues, is_open, spaced, part)


def _tokens(tokenizer: Tokenizer) -> list[str]:
    vocabulary = tokenizer.get_vocab()
    tokens = [""] * (max(vocabulary.values()) + 1)
    for token, number in vocabulary.items():
        tokens[number] = token
    return tokens


def _written_after_a_word(tokenizer: Tokenizer, size: int) -> list[str]:
    """Return the characters that each token adds after a word."""
    first = next((number for number in range(size) if tokenizer.decode([number]).strip().isalpha()), 0)
    length = len(tokenizer.decode([first]))
    texts = tokenizer.decode_batch([[first, number] for number in range(size)])
    return [text[length:] for text in texts]


def _is_letter(character: str) -> bool:
    """Return whether a character belongs to a word, in a script with spaces between words."""
    return character == _PART or (character.isalnum() and has_spaces([character]))
