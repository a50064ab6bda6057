"""The forward pass: transformers read batches of texts of similar length, static encoders whole texts."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Literal

import numpy as np
import torch
from sentence_transformers import SentenceTransformer
from sentence_transformers.sentence_transformer.modules import StaticEmbedding

from textssl.encoder.inference.known_words import find_words
from textssl.encoder.inference.long_texts import TOKENIZING, length_read, prompt_of
from textssl.encoder.inference.spelling import PlainLetters, respelled
from textssl.encoder.settings import Compute
from textssl.language.batches import longest_first
from textssl.language.tokens import token_numbers
from textssl.training.device import has_bfloat16, use_one_thread

Read = Callable[[list[str]], np.ndarray]

_ON_PROCESSOR, _ON_GPU = 1_024, 32_768  # tokens of a batch


def reader(model: SentenceTransformer, compute: Compute, batch_tokens: int | Literal["auto"] = "auto") -> Read:
    """Return the function from texts to their vectors, float32 (texts, d), of an encoder.

    It reads of each text as much as the encoder reads at once. The vector of a text without a known word is zero.

    Args:
        model: the encoder.
        compute: transformers: the numbers to compute with; see EmbeddingSettings.compute.
        batch_tokens: transformers: tokens of a batch; see `encode`. Default "auto".
    """
    model.eval()
    if is_static(model):
        tokenizer: Any = model[0].tokenizer
        prompt, plain = prompt_of(model), PlainLetters(tokenizer)
        return lambda texts: static_vectors(
            model, *token_numbers(tokenizer, (plain.read(prompt + text) for text in texts))
        )
    if length_read(model):
        size = (_ON_PROCESSOR if model.device.type == "cpu" else _ON_GPU) if batch_tokens == "auto" else batch_tokens
        return lambda texts: _transformer_vectors(model, texts, compute, size)

    def read(texts: list[str]) -> np.ndarray:
        with TOKENIZING:
            return model.encode(texts, show_progress_bar=False)

    return read


def _transformer_vectors(model: SentenceTransformer, texts: list[str], compute: Compute, size: int) -> np.ndarray:
    """Return the vectors of texts; on a processor, each thread computes its own batches, so threads hardly wait."""
    limit = {"max_length": length_read(model)}
    with TOKENIZING:
        lengths = np.array([len(ids) for ids in model.tokenizer(texts, truncation=True, **limit)["input_ids"]])
        parts = list(longest_first(lengths, size))
        features = [model.preprocess([texts[row] for row in rows], prompt=prompt_of(model), **limit) for rows in parts]
    vectors = np.empty((len(texts), int(model.get_embedding_dimension() or 0)), dtype=np.float32)

    def work(share: range) -> None:
        with _autocast(model.device, compute):
            for part in share:
                vectors[parts[part]] = _vectors(model, features[part]) * _knows_batch(model, features[part])[:, None]

    threads = torch.get_num_threads() if model.device.type == "cpu" else 1
    if len(parts) < 2 * threads:
        work(range(len(parts)))
    else:
        with ThreadPoolExecutor(threads, initializer=use_one_thread) as pool:
            list(pool.map(work, (range(first, len(parts), threads) for first in range(threads))))
    return vectors


def _knows_batch(model: SentenceTransformer, features: dict[str, Any]) -> np.ndarray:
    """Return which texts of a batch hold a known word outside the prompt: bool (texts,)."""
    mask = features["attention_mask"].bool()
    mask[:, : features.get("prompt_length") or 0] = False
    words = find_words(model, features["input_ids"][mask].numpy(), mask.sum(dim=1).numpy())
    return words.known_in(len(mask))


def is_static(model: SentenceTransformer) -> bool:
    """Return whether `model` averages static token vectors, as encoders of the forms static and lexical do."""
    return isinstance(model[0], StaticEmbedding)


def static_vectors(model: SentenceTransformer, ids: np.ndarray, starts: np.ndarray) -> np.ndarray:
    """Return the vectors of texts by a static encoder, float32 (texts, d); zero for a text without a known word.

    Misspelt words are read as known ones, see `textssl.encoder.inference.spelling`.

    Args:
        model: the encoder.
        ids: int (tokens,), the token numbers of all texts, concatenated.
        starts: int (texts + 1,), where each text starts in `ids`, and the end of the last.
    """
    ids, starts = ids.astype(np.int64), starts.astype(np.int64)
    ids, words = respelled(model, ids, find_words(model, ids, np.diff(starts)))
    features = {"input_ids": torch.from_numpy(ids), "offsets": torch.from_numpy(starts[:-1])}
    return _vectors(model, features) * words.known_in(len(starts) - 1)[:, None]


def _autocast(device: torch.device, compute: Compute) -> torch.autocast:
    """Return a context in which matrix products are computed in bfloat16, or else in float32 like the weights."""
    half = compute == "bfloat16" or (compute != "float32" and has_bfloat16(device))
    return torch.autocast(device.type, torch.bfloat16, enabled=half)


@torch.inference_mode()
def _vectors(model: SentenceTransformer, features: dict[str, Any]) -> np.ndarray:
    """Return the vectors of a batch; the modules after the first are at most linear and compute in float32."""
    first, *others = model
    features = first(_moved(features, model.device))
    with torch.autocast(model.device.type, enabled=False):
        features = _moved(features, model.device, torch.float32)
        for module in others:
            features = module(features)
    return features["sentence_embedding"].cpu().numpy()


def _moved(features: dict[str, Any], device: torch.device, precision: torch.dtype | None = None) -> dict[str, Any]:
    return {
        name: value.to(device, precision if value.is_floating_point() else None)
        if isinstance(value, torch.Tensor)
        else value
        for name, value in features.items()
    }
