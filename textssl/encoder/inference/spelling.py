"""Misspelt words: a static encoder reads a word that it does not know as the known word that is spelled most like it.

Two words are spelled alike if they are equal once at most one letter of each is left out: a letter was dropped, added,
replaced or moved, as in 80% of misspellings (Damerau 1964). The known words are indexed by what remains of them without
a letter (symmetric deletion, Garbe 2012), so that finding one takes a look-up per letter; of several, the most frequent
is read. An unknown word that consists of two known words is read as both. Of any other unknown word nothing is read:
its pieces are also the beginnings and ends of other words.

Before that, letters that no word of the encoder has are read as the plain letters that they look like (`PlainLetters`).
"""

import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
from sentence_transformers import SentenceTransformer
from tokenizers import Tokenizer
from torch import nn

from textssl.encoder.inference.known_words import Words, pieces_of
from textssl.language.scripts import LOOK_ALIKES
from textssl.language.word_pieces import WordPieces

_SPELLINGS: WeakKeyDictionary[nn.Module, "Spelling | None"] = WeakKeyDictionary()  # by the first module of the encoder


class Spelling:
    """The known words of an encoder by their spelling.

    Args:
        pieces: the tokens of the encoder, the more frequent words first.
        weighted: which tokens have a vector other than zero, bool (vocabulary,); one at least has none.
        shortest: letters of the shortest word that is replaced; too many words are like a shorter one. Default 4.
        shortest_part: letters of the shortest word that is found in another. Default 3.
        cached: unknown words that are remembered. Default 65,536.
    """

    def __init__(
        self, pieces: WordPieces, weighted: np.ndarray, shortest: int = 4, shortest_part: int = 3, cached: int = 65_536
    ) -> None:
        self._spelled, self._shortest, self._shortest_part = pieces.spelled, shortest, shortest_part
        self._silent = int(np.argmin(weighted))
        self._words: dict[str, int] = {}
        self._alike: dict[str, int] = {}
        for token in np.flatnonzero(weighted & ~pieces.continues).tolist():
            word = pieces.spelled[token].lower()
            if word.isalpha():
                self._words.setdefault(word, token)
        for word, token in self._words.items():
            if len(word) >= shortest - 1:
                for rest in _without_a_letter(word):
                    self._alike.setdefault(rest, token)
        self.read = lru_cache(cached)(self._read)

    def _read(self, tokens: tuple[int, ...]) -> tuple[np.ndarray, bool]:
        """Return the tokens that are read in place of an unknown word's, and whether one of them is a known word."""
        word = "".join(self._spelled[token] for token in tokens).lower()
        found = self._known(word) if len(word) >= self._shortest and word.isalnum() else []
        return np.array(found + [self._silent] * (len(tokens) - len(found))), bool(found)

    def _known(self, word: str) -> list[int]:
        """Return the tokens of the known words, at most two, as which an unknown word is read."""
        found = [self._alike[rest] for rest in _without_a_letter(word) if rest in self._alike]
        if found:
            return [min(found)]
        cuts = range(self._shortest_part, len(word) - self._shortest_part + 1)
        parts = [[self._words.get(part, -1) for part in (word[:cut], word[cut:])] for cut in cuts]
        return min((both for both in parts if min(both) >= 0), key=max, default=[])


def respelled(model: SentenceTransformer, ids: np.ndarray, words: Words) -> tuple[np.ndarray, Words]:
    """Return the tokens of texts with unknown words read as known ones, and the words with these known.

    Args:
        model: a static encoder.
        ids: int64 (tokens,), the token numbers of all texts, concatenated.
        words: the words in `ids`; only those of several tokens are replaced.
    """
    lengths = np.diff(words.heads, append=len(ids))
    unknown = np.flatnonzero(~words.known & (lengths > 1))
    if not len(unknown) or (spelling := _spelling(model)) is None:
        return ids, words
    ids, known = ids.copy(), words.known.copy()
    for word, head in zip(unknown.tolist(), words.heads[unknown].tolist(), strict=True):
        place = slice(head, head + int(lengths[word]))
        ids[place], known[word] = spelling.read(tuple(ids[place].tolist()))
    return ids, words._replace(known=known)


def _spelling(model: SentenceTransformer) -> Spelling | None:
    """Return the known words of an encoder; None if it has a vector for every piece, as ready-made ones do."""
    first: Any = model[0]
    if first not in _SPELLINGS:
        weighted = first.embedding.weight.any(dim=1).cpu().numpy()
        _SPELLINGS[first] = None if weighted.all() else Spelling(pieces_of(model), weighted)
    return _SPELLINGS[first]


def _without_a_letter(word: str) -> Iterator[str]:
    """Yield `word` and what remains of it without one of its letters."""
    yield word
    yield from (word[:place] + word[place + 1 :] for place in range(len(word)))


class PlainLetters(dict[int, str]):
    """A table for `str.translate` that replaces the letters that an encoder cannot read, where it can read the other.

    A letter loses its accent, or is taken for the letter of another alphabet that it looks like.

    Args:
        tokenizer: of the encoder.
    """

    def __init__(self, tokenizer: Tokenizer) -> None:
        super().__init__()
        self._tokenizer = tokenizer
        self._unknown = tokenizer.token_to_id(getattr(tokenizer.model, "unk_token", None) or "<unk>")

    def read(self, text: str) -> str:
        """Return `text` in letters that the encoder can read, as far as possible."""
        return text if text.isascii() else unicodedata.normalize("NFC", text).translate(self)

    def __missing__(self, code: int) -> str:
        """Return what replaces a character, and remember it."""
        letter = chr(code)
        plain = (letter, unicodedata.normalize("NFD", letter)[0], LOOK_ALIKES.get(letter, letter))
        self[code] = next((each for each in plain if self._can_read(each)), letter)
        return self[code]

    def _can_read(self, letter: str) -> bool:
        return self._unknown not in self._tokenizer.encode(letter, add_special_tokens=False).ids
