"""Texts longer than an encoder takes at once: read in pieces whose vectors are averaged, weighted by their tokens."""

from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import Any

import numpy as np
import torch
from sentence_transformers import SentenceTransformer
from sentence_transformers.sentence_transformer.modules import StaticEmbedding
from torch.nn.functional import normalize
from transformers import PreTrainedTokenizerBase

from textssl.tokens import split_stretches

_PIECES = 64  # read of a text: 16,000 tokens where an encoder takes 256, so that no one text holds up the others
_PIECES_AT_ONCE = 4_096

Embed = Callable[[list[str]], np.ndarray]


def whole_vectors(model: SentenceTransformer, texts: Sequence[str], embed: Embed, unit: bool) -> np.ndarray:
    """Return the vectors of whole texts, float32 (texts, d), however long.

    Args:
        model: the encoder; any but a transformer or a static one is left to itself.
        texts: the texts.
        embed: the encoder as it is: texts to the vectors of what it takes at once of each.
        unit: whether `embed` brings vectors to unit length.
    """
    static, room = isinstance(model[0], StaticEmbedding), _room(model)
    if not static and room == float("inf"):
        return embed(list(texts))
    # All but very long texts pass as they are: the same batches give short texts the same vectors to the bit.
    vectors = embed([next(split_stretches(text)) for text in texts])
    if not static:
        _add_pieces(vectors, pieces_read(model, texts), embed)
        return vectors
    for row, text in enumerate(texts):
        stretches = split_stretches(text)
        if next(stretches) != text:
            vector = _static_vector(model, text)[: vectors.shape[1]]
            vectors[row] = normalize(vector, dim=0) if unit else vector
    return vectors


def pieces_read(model: SentenceTransformer, texts: Sequence[str]) -> Iterator[list[tuple[str, int]]]:
    """Yield for each text the pieces that the encoder reads of it, at most 64, each with its number of tokens.

    They begin at words. A text that is surely short enough is its only piece, its tokens uncounted (1).
    """
    room = _room(model)
    for text in texts:
        if len(text.encode()) <= room:  # no token is shorter than a byte
            yield [(text, 1)]
        else:
            stretches = (_cut(model.tokenizer, stretch, int(room)) for stretch in split_stretches(text))
            yield list(islice((piece for pieces in stretches for piece in pieces), _PIECES))


def is_transformer(model: SentenceTransformer) -> bool:
    """Return whether the encoder begins with a transformer."""
    return hasattr(model[0], "auto_model")


def _room(model: SentenceTransformer) -> float:
    """Return how many tokens a transformer takes beside the special ones and the prompt; inf for other encoders."""
    limit = model.get_max_seq_length()
    if limit is None or not is_transformer(model) or not model.tokenizer.is_fast:
        return float("inf")
    prompt = model.prompts.get(model.default_prompt_name or "", "")
    return max(1, limit - len(model.tokenizer(prompt)["input_ids"]))


def _add_pieces(vectors: np.ndarray, pieces: Iterator[list[tuple[str, int]]], embed: Embed) -> None:
    """Turn the vectors of first pieces into weighted means of those of all pieces, in place, of unchanged length."""
    further = [
        (row, text, tokens / max(1, first[1])) for row, (first, *rest) in enumerate(pieces) for text, tokens in rest
    ]
    rows = sorted({row for row, _, _ in further})
    lengths = np.linalg.norm(vectors[rows], axis=1, keepdims=True)
    for start in range(0, len(further), _PIECES_AT_ONCE):
        owners, texts, weights = zip(*further[start : start + _PIECES_AT_ONCE], strict=True)
        np.add.at(vectors, list(owners), embed(list(texts)) * np.array(weights, np.float32)[:, None])
    vectors[rows] *= lengths / np.maximum(np.linalg.norm(vectors[rows], axis=1, keepdims=True), 1e-12)


def _cut(tokenizer: PreTrainedTokenizerBase, text: str, room: int) -> Iterator[tuple[str, int]]:
    """Yield a text in pieces of at most `room` tokens."""
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


@torch.inference_mode()
def _static_vector(model: SentenceTransformer, text: str) -> torch.Tensor:
    """Return what a static encoder makes of a text, float32 (d,), without holding all its tokens at once."""
    static: Any = model[0]
    total, tokens = torch.zeros(static.embedding_dim, dtype=torch.float64), 0
    for stretch in split_stretches(text):
        inputs = {name: tensor.to(model.device) for name, tensor in static.preprocess([stretch]).items()}
        tokens += len(inputs["input_ids"])
        total += static(inputs)["sentence_embedding"][0].cpu() * len(inputs["input_ids"])
    features = {"sentence_embedding": (total / max(1, tokens)).float()[None].to(model.device)}
    for module in list(model)[1:]:
        features = module(features)
    return features["sentence_embedding"][0].cpu()
