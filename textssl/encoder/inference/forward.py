"""Texts through the modules of an encoder: transformers in batches of like length, static encoders by whole texts."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import torch
from sentence_transformers import SentenceTransformer
from sentence_transformers.sentence_transformer.modules import StaticEmbedding

from textssl.encoder.inference.known_words import knows
from textssl.encoder.inference.long_texts import TOKENIZING, length_read, prompt_of
from textssl.encoder.settings import Compute
from textssl.language.batches import longest_first
from textssl.language.tokens import token_numbers
from textssl.training.device import has_bfloat16, use_one_thread

Read = Callable[[list[str]], np.ndarray]

_BATCH_TOKENS = {"cpu": 1_024}  # what a processor's cache holds of a layer
_BATCH_TOKENS_ELSEWHERE = 32_768


def reader(model: SentenceTransformer, compute: Compute) -> Read:
    """Return how `model` turns texts, no longer than it takes at once, into its vectors, float32 (texts, d).

    A text without a word that the encoder knows gets zeros.
    """
    model.eval()
    if is_static(model):
        tokenizer: Any = model[0].tokenizer
        prompt = prompt_of(model)
        return lambda texts: static_vectors(model, *token_numbers(tokenizer, [prompt + text for text in texts]))
    if length_read(model):
        return lambda texts: _transformer_vectors(model, texts, compute)

    def read(texts: list[str]) -> np.ndarray:
        with TOKENIZING:
            return model.encode(texts, show_progress_bar=False)

    return read


def _transformer_vectors(model: SentenceTransformer, texts: list[str], compute: Compute) -> np.ndarray:
    """Return the vectors of texts, read in batches, on a processor one a thread: they wait for each other but once."""
    limit = {"max_length": length_read(model)}
    with TOKENIZING:
        lengths = np.array([len(ids) for ids in model.tokenizer(texts, truncation=True, **limit)["input_ids"]])
        parts = list(longest_first(lengths, _BATCH_TOKENS.get(model.device.type, _BATCH_TOKENS_ELSEWHERE)))
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
    """Return which texts of a batch hold a known word, apart from the prompt: bool (texts,)."""
    mask = features["attention_mask"].bool()
    mask[:, : features.get("prompt_length") or 0] = False
    return knows(model, features["input_ids"][mask].numpy(), mask.sum(dim=1).numpy())


def is_static(model: SentenceTransformer) -> bool:
    """Return whether the vector of a text is a mean of token vectors."""
    return isinstance(model[0], StaticEmbedding)


def static_vectors(model: SentenceTransformer, ids: np.ndarray, starts: np.ndarray) -> np.ndarray:
    """Return the vectors of texts of the tokens `ids`, laid end to end; text i begins at ``starts[i]``."""
    ids, starts = ids.astype(np.int64), starts.astype(np.int64)
    features = {"input_ids": torch.from_numpy(ids), "offsets": torch.from_numpy(starts[:-1])}
    return _vectors(model, features) * knows(model, ids, np.diff(starts))[:, None]


def _autocast(device: torch.device, compute: Compute) -> torch.autocast:
    """Return a context in which matrix products are taken in bfloat16, or in float32 as the weights are."""
    half = compute == "bfloat16" or (compute != "float32" and has_bfloat16(device))
    return torch.autocast(device.type, torch.bfloat16, enabled=half)


@torch.inference_mode()
def _vectors(model: SentenceTransformer, features: dict[str, Any]) -> np.ndarray:
    """Return the vectors of a batch; what follows the first module is linear at most, and stays in float32."""
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
