"""Long texts: read in pieces, whose vectors are averaged with their numbers of tokens as weights."""

from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from threading import Lock
from typing import Any

import numpy as np
from sentence_transformers import SentenceTransformer
from transformers import PreTrainedTokenizerBase

from textssl.language.tokens import longest_input, split_stretches

_PIECES = 64  # read per text: 16,000 tokens if an encoder reads 256, so that no single text delays the others
_PIECES_AT_ONCE = 4_096

# A fast tokenizer stores the truncation and padding of the last call. Every call holds this lock, so that threads can
# share an encoder.
TOKENIZING = Lock()

Embed = Callable[[list[str]], np.ndarray]


def whole_vectors(model: SentenceTransformer, texts: Sequence[str], embed: Embed, dimensions: int) -> np.ndarray:
    """Return the vectors of texts of any length, float32 (texts, dimensions).

    The vector of a text read in pieces is their weighted mean, scaled to their weighted mean length.

    Args:
        model: the encoder; only transformers read texts in pieces.
        texts: the texts.
        embed: returns the vectors of texts that the encoder can read at once.
        dimensions: of the vectors.
    """
    if room_of(model) == float("inf"):
        return embed(list(texts))
    pieces = ((row, *piece) for row, read in enumerate(pieces_read(model, texts)) for piece in read)
    vectors = np.zeros((len(texts), dimensions), dtype=np.float32)
    lengths, weights = np.zeros(len(texts), dtype=np.float32), np.zeros(len(texts), dtype=np.float32)
    while block := list(islice(pieces, _PIECES_AT_ONCE)):
        rows, read, tokens = (list(column) for column in zip(*block, strict=True))
        found, shares = embed(read), np.maximum(tokens, 1).astype(np.float32)
        shares[~found.any(axis=1)] = 0  # pieces without a known word do not count
        np.add.at(vectors, rows, found * shares[:, None])
        np.add.at(lengths, rows, np.linalg.norm(found, axis=1) * shares)
        np.add.at(weights, rows, shares)
    vectors *= (lengths / np.maximum(weights, 1) / np.maximum(np.linalg.norm(vectors, axis=1), 1e-12))[:, None]
    return vectors


def pieces_read(model: SentenceTransformer, texts: Sequence[str]) -> Iterator[list[tuple[str, int]]]:
    """Yield for each text the pieces that the encoder reads of it, at most 64, each with its number of tokens.

    Pieces begin at words. A text that is certainly short enough is its only piece, with 1 as its number of tokens.

    Args:
        model: the encoder.
        texts: the texts.
    """
    room = room_of(model)
    for text in texts:
        if len(text.encode()) <= room:  # a token has at least one byte
            yield [(text, 1)]
        else:
            stretches = (_cut(model.tokenizer, stretch, int(room)) for stretch in split_stretches(text))
            yield list(islice((piece for pieces in stretches for piece in pieces), _PIECES))


def is_transformer(model: SentenceTransformer) -> bool:
    """Return whether the first module of `model` is a transformer."""
    return hasattr(model[0], "auto_model")


def prompt_of(model: SentenceTransformer) -> str:
    """Return the prompt that `model` adds before every text."""
    return str(model.prompts.get(model.default_prompt_name or "", ""))


def room_of(model: SentenceTransformer) -> float:
    """Return how many tokens of a text a transformer reads at once, without special tokens and prompt; else inf."""
    limit = length_read(model)
    if limit is None:
        return float("inf")
    with TOKENIZING:
        taken = len(model.tokenizer(prompt_of(model))["input_ids"])
    return max(1, limit - taken)


def length_read(model: SentenceTransformer) -> int | None:
    """Return how many tokens a transformer reads at once, limited by its setting and its positions; else None."""
    limit = model.get_max_seq_length()
    if limit is None or not is_transformer(model) or not model.tokenizer.is_fast:
        return None
    first: Any = model[0]
    return min(limit, longest_input(first.auto_model) or limit)


def _cut(tokenizer: PreTrainedTokenizerBase, text: str, room: int) -> Iterator[tuple[str, int]]:
    """Yield a text in pieces of at most `room` tokens."""
    with TOKENIZING:
        found = tokenizer(text, add_special_tokens=False, return_offsets_mapping=True, verbose=False)
    words, ends = found.word_ids(), [end for _, end in found["offset_mapping"]]
    first = 0
    while len(ends) - first > room:
        last = first + room
        while last > first and words[last] == words[last - 1]:
            last -= 1
        last = last if last > first else first + room  # a word longer than a piece is cut
        yield text[ends[first - 1] if first else 0 : ends[last - 1]], last - first
        first = last
    yield text[ends[first - 1] if first else 0 :], len(ends) - first
