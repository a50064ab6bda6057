"""Which tokens are pieces of a longer word, whatever marks a vocabulary has for it."""

from typing import NamedTuple

import numpy as np
from tokenizers import Tokenizer

from textssl.language.scripts import has_spaces

_LEAST_SPACED = 0.1  # of the longer tokens of a vocabulary, where words stand apart; without spaces under 0.01 begin so
_PART = "\ufffd"  # what some of a letter's bytes decode to


class WordPieces(NamedTuple):
    """How the tokens of a vocabulary make words.

    WordPiece marks the pieces that continue a word (``##``); byte-level BPE (``Ġ``) and SentencePiece (``▁``) mark
    those that follow a space, so there a piece continues a word by what stands before it. Where texts have no spaces,
    every token is a word.

    Attributes:
        spelled: what each token stands for, without marks.
        continues: which tokens go on with the word before them, if one is open: bool (vocabulary,).
        open: which tokens can be gone on with, bool (vocabulary,).
        spaced: which tokens begin with a space, bool (vocabulary,); none, unless that is how words are marked.
        part: which tokens are only some of the bytes of a character, bool (vocabulary,).
    """

    spelled: list[str]
    continues: np.ndarray
    open: np.ndarray
    spaced: np.ndarray
    part: np.ndarray

    def inner(self, ids: np.ndarray) -> np.ndarray:
        """Return which of the tokens `ids`, laid end to end, continue the word before them: bool, same shape."""
        inner = self.continues[ids]
        inner[:1] = False
        inner[1:] &= self.open[ids[:-1]]
        return inner


def word_pieces(tokenizer: Tokenizer) -> WordPieces:
    """Find out how a tokenizer marks words, from its model and its decoder."""
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
    """Return what each token adds to a text that it does not begin."""
    before = next((number for number in range(size) if tokenizer.decode([number]).strip().isalpha()), 0)
    begun = len(tokenizer.decode([before]))
    texts = tokenizer.decode_batch([[before, number] for number in range(size)])
    return [text[begun:] for text in texts]


def _is_letter(character: str) -> bool:
    """Tell whether a character is of a word, in a script whose words stand apart."""
    return character == _PART or (character.isalnum() and has_spaces([character]))
