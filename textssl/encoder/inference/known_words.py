"""Known words: which texts hold a word that an encoder knows; the vector of any other text would be meaningless."""

from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
import torch
from sentence_transformers import SentenceTransformer
from sentence_transformers.sentence_transformer.modules import StaticEmbedding, WordWeights
from tokenizers import Tokenizer
from torch import nn

from textssl.language.word_pieces import WordPieces, word_pieces

_PIECES: WeakKeyDictionary[nn.Module, WordPieces] = WeakKeyDictionary()  # by the first module of the encoder


def knows(model: SentenceTransformer, ids: np.ndarray, lengths: np.ndarray) -> np.ndarray:
    """Return which texts hold a known word: bool (texts,).

    If tokens have weights, as in the encoders of this package, a word is known if all its pieces have a weight and are
    whole characters. Otherwise every token counts that is neither special nor the unknown token.

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
    if table is not None and len(ids):
        pieces = _pieces(model)
        inner = pieces.inner(ids)
        inner[1:] &= texts[1:] == texts[:-1]
        heads = np.flatnonzero(~inner)
        known, texts = np.logical_and.reduceat(known & ~pieces.part[ids], heads), texts[heads]
    return np.bincount(texts, weights=known, minlength=len(lengths)) > 0


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


def _pieces(model: SentenceTransformer) -> WordPieces:
    first = model[0]
    if first not in _PIECES:
        _PIECES[first] = word_pieces(_backend(model))
    return _PIECES[first]
