"""Texts through the modules of an encoder: transformers in batches of like length, static encoders by whole texts."""

import ctypes
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import chain, islice
from pathlib import Path
from typing import Any

import numpy as np
import torch
from sentence_transformers import SentenceTransformer
from sentence_transformers.sentence_transformer.modules import StaticEmbedding
from threadpoolctl import ThreadpoolController

from textssl.encoder.inference.known_words import knows
from textssl.encoder.inference.long_texts import TOKENIZING, length_read, prompt_of
from textssl.encoder.settings import Compute
from textssl.language.tokens import split_stretches

Read = Callable[[list[str]], np.ndarray]

_BATCH_TOKENS = {"cpu": 1_024}  # what a processor's cache holds of a layer
_BATCH_TOKENS_ELSEWHERE = 32_768
_STRETCHES_AT_ONCE = 1_000


def reader(model: SentenceTransformer, compute: Compute) -> Read:
    """Return how `model` turns texts, no longer than it takes at once, into its vectors, float32 (texts, d).

    A text without a word that the encoder knows gets zeros.
    """
    model.eval()
    if isinstance(model[0], StaticEmbedding):
        return lambda texts: _static_vectors(model, texts)
    if length_read(model):
        return lambda texts: _transformer_vectors(model, texts, compute)

    def read(texts: list[str]) -> np.ndarray:
        with TOKENIZING:
            return model.encode(texts, show_progress_bar=False)

    return read


def batches(lengths: np.ndarray, batch_tokens: int) -> Iterator[np.ndarray]:
    """Yield row numbers, the longest texts first, in batches of at most `batch_tokens` with the padding, or of one."""
    order = np.argsort(-lengths, kind="stable")
    start = 0
    while start < len(order):
        end = start + max(1, batch_tokens // max(1, int(lengths[order[start]])))
        yield order[start:end]
        start = end


def _transformer_vectors(model: SentenceTransformer, texts: list[str], compute: Compute) -> np.ndarray:
    """Return the vectors of texts, read in batches, on a processor one a thread: they wait for each other but once."""
    limit = {"max_length": length_read(model)}
    with TOKENIZING:
        lengths = np.array([len(ids) for ids in model.tokenizer(texts, truncation=True, **limit)["input_ids"]])
        parts = list(batches(lengths, _BATCH_TOKENS.get(model.device.type, _BATCH_TOKENS_ELSEWHERE)))
        features = [model.preprocess([texts[row] for row in rows], prompt=prompt_of(model), **limit) for rows in parts]
    vectors = np.empty((len(texts), int(model.get_embedding_dimension() or 0)), dtype=np.float32)

    def work(share: range) -> None:
        with _half_precision(model.device, compute):
            for part in share:
                vectors[parts[part]] = _vectors(model, features[part]) * _knows_batch(model, features[part])[:, None]

    threads = torch.get_num_threads() if model.device.type == "cpu" else 1
    if len(parts) < 2 * threads:
        work(range(len(parts)))
    else:
        with ThreadPoolExecutor(threads, initializer=_compute_alone) as pool:
            list(pool.map(work, (range(first, len(parts), threads) for first in range(threads))))
    return vectors


def _knows_batch(model: SentenceTransformer, features: dict[str, Any]) -> np.ndarray:
    """Return which texts of a batch hold a known word, apart from the prompt: bool (texts,)."""
    mask = features["attention_mask"].bool()
    mask[:, : features.get("prompt_length") or 0] = False
    return knows(model, features["input_ids"][mask].numpy(), mask.sum(dim=1).numpy())


def _static_vectors(model: SentenceTransformer, texts: list[str]) -> np.ndarray:
    features = _static_features(model, texts)
    ids, offsets = features["input_ids"].numpy(), features["offsets"].numpy()
    return _vectors(model, features) * knows(model, ids, np.diff(offsets, append=len(ids)))[:, None]


def _compute_alone() -> None:
    """Let the calling thread start no others; torch.set_num_threads would also set what every later thread starts."""
    torch.get_num_threads()  # sets the thread up, which later would undo this
    ThreadpoolController().select(user_api="openmp").limit(limits=1)
    library = Path(torch.__file__).with_name("lib") / "libtorch_cpu.so"
    if torch.backends.mkl.is_available() and library.exists():  # MKL within torch, which threadpoolctl does not see
        ctypes.CDLL(str(library)).MKL_Set_Num_Threads_Local(1)


def _half_precision(device: torch.device, compute: Compute) -> torch.autocast:
    """Return a context in which matrix products are taken in bfloat16, or in float32 as the weights are."""
    if device.type == "cuda":
        able = torch.cuda.is_bf16_supported(including_emulation=False)
    else:
        able = bool(torch.cpu.get_capabilities().get("avx512_bf16"))
    return torch.autocast(device.type, torch.bfloat16, enabled=compute == "bfloat16" or (compute != "float32" and able))


def _static_features(model: SentenceTransformer, texts: list[str]) -> dict[str, torch.Tensor]:
    """Return the tokens of texts as a StaticEmbedding takes them, without holding more than numbers of very long ones.

    It is what its own `preprocess` does, for texts of any length and in less time.
    """
    tokenizer: Any = model[0].tokenizer
    prompt = prompt_of(model)
    stretches = ((row, stretch) for row, text in enumerate(texts) for stretch in split_stretches(prompt + text))
    ids, counts = [np.empty(0, dtype=np.int64)], np.zeros(len(texts), dtype=np.int64)
    while block := list(islice(stretches, _STRETCHES_AT_ONCE)):
        encodings = tokenizer.encode_batch_fast([stretch for _, stretch in block], add_special_tokens=False)
        found = [encoding.ids for encoding in encodings]
        np.add.at(counts, [row for row, _ in block], [len(numbers) for numbers in found])
        ids.append(np.fromiter(chain.from_iterable(found), dtype=np.int64))
    offsets = np.concatenate([[0], np.cumsum(counts)[:-1]])
    return {"input_ids": torch.from_numpy(np.concatenate(ids)), "offsets": torch.from_numpy(offsets)}


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
