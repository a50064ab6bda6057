"""Known words: which texts hold a word that an encoder knows; the vector of any other text would be meaningless."""

from typing import Any, NamedTuple
from weakref import WeakKeyDictionary

import numpy as np
import torch
from sentence_transformers import SentenceTransformer
from sentence_transformers.sentence_transformer.modules import StaticEmbedding, WordWeights
from tokenizers import Tokenizer
from torch import nn

from textssl.language.word_pieces import WordPieces, word_pieces

_PIECES: WeakKeyDictionary[nn.Module, WordPieces] = WeakKeyDictionary()  # by the first module of the encoder


class Words(NamedTuple):
    """The words of texts.

    Attributes:
        heads: the place of the first token of each word among the tokens, int (words,).
        known: whether all its tokens have a weight and are whole characters, bool (words,).
        texts: the text that it belongs to, int (words,).
    """

    heads: np.ndarray
    known: np.ndarray
    texts: np.ndarray

    def known_in(self, n_texts: int) -> np.ndarray:
        """Return which texts hold a known word: bool (n_texts,)."""
        return np.bincount(self.texts, weights=self.known, minlength=n_texts) > 0


def find_words(model: SentenceTransformer, ids: np.ndarray, lengths: np.ndarray) -> Words:
    """Return the words of texts, and which of them an encoder knows.

    If no token has a weight, unlike in the encoders of this package, every token is a word, known if it is neither
    special nor the unknown token.

    Args:
        model: the encoder.
        ids: int64 (tokens,), the token numbers of all texts, concatenated.
        lengths: int64 (texts,), the number of tokens of each text.
    """
    table = _weights(model)
    wordless = _wordless(_backend(model), spaces=table is None)
    used = np.flatnonzero(np.bincount(ids))
    has_weight = np.zeros(used.max(initial=0) + 1, dtype=bool)
    has_weight[used] = True if table is None else table[torch.from_numpy(used).to(table.device)].any(dim=1).cpu()
    has_weight[[number for number in wordless if number < len(has_weight)]] = False
    known, texts = has_weight[ids], np.repeat(np.arange(len(lengths)), lengths)
    if table is None or not len(ids):
        return Words(np.arange(len(ids)), known, texts)
    pieces = pieces_of(model)
    inner = pieces.inner(ids)
    inner[1:] &= texts[1:] == texts[:-1]
    heads = np.flatnonzero(~inner)
    return Words(heads, np.logical_and.reduceat(known & ~pieces.part[ids], heads), texts[heads])


def pieces_of(model: SentenceTransformer) -> WordPieces:
    """Return how the tokens of an encoder form words."""
    first = model[0]
    if first not in _PIECES:
        _PIECES[first] = word_pieces(_backend(model))
    return _PIECES[first]


def _weights(model: SentenceTransformer) -> torch.Tensor | None:
    """Return the weights or vectors of tokens, (vocabulary, d), zero for unused ones; None if any token may count."""
    for module in model:
        if isinstance(module, StaticEmbedding):
            return module.embedding.weight
        if isinstance(module, WordWeights):
            return module.emb_layer.weight
    return None


def _backend(model: SentenceTransformer) -> Tokenizer:
    tokenizer: Any = model[0].tokenizer
    return tokenizer if isinstance(tokenizer, Tokenizer) else tokenizer.backend_tokenizer


def _wordless(tokenizer: Tokenizer, spaces: bool) -> list[int]:
    """Return the numbers of the special tokens, the unknown token and, with `spaces`, the token of a single space."""
    special = [number for number, token in tokenizer.get_added_tokens_decoder().items() if token.special]
    names = [getattr(tokenizer.model, "unk_token", None) or "<unk>", *(("▁", "Ġ") if spaces else ())]
    return special + [number for name in names if (number := tokenizer.token_to_id(name)) is not None]
