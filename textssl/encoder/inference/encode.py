"""Encoding: from texts to vectors with any SentenceTransformer, in memory or streamed to disk."""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Literal, Protocol

import numpy as np
from safetensors import SafetensorError
from sentence_transformers import SentenceTransformer

from textssl.encoder.inference.forward import is_static, reader, static_vectors
from textssl.encoder.inference.int8 import pays, quantized
from textssl.encoder.inference.long_texts import pieces_read, room_of, whole_vectors
from textssl.encoder.settings import Compute
from textssl.errors import DataError
from textssl.language.texts import as_texts
from textssl.language.tokens import Tokens
from textssl.progress import bar, without_library_bars
from textssl.run_folder import new_array, write_whole
from textssl.training.device import own_randomness


@without_library_bars()
def load_encoder(folder: str | Path) -> SentenceTransformer:
    """Load a SentenceTransformer folder; no code in it is executed.

    Args:
        folder: the folder.

    Raises:
        DataError: if the folder holds no SentenceTransformer, or a damaged one.
    """
    if not (Path(folder) / "modules.json").is_file():
        raise DataError(f"{folder} holds no SentenceTransformer (no modules.json): give a run or an encoder folder")
    try:
        with own_randomness():  # layers draw random weights before the saved ones are read
            return SentenceTransformer(str(folder), trust_remote_code=False, local_files_only=True)
    except (OSError, ValueError, KeyError, RuntimeError, SafetensorError) as error:
        raise DataError(f"{folder} cannot be loaded as a SentenceTransformer: {str(error).splitlines()[0]}") from None


class FittedEncoder(Protocol):
    """What `TextEncoder` is once it is fitted."""

    @property
    def sentence_transformer(self) -> SentenceTransformer:
        """The encoder as a SentenceTransformer."""


def encode(
    encoder: SentenceTransformer | FittedEncoder | str | Path,
    inputs: Sequence[str] | str,
    out: Path | None = None,
    compute: Compute = "auto",
    normalize_embeddings: bool = True,
    truncate_dim: int | None = None,
    tokens: Tokens | None = None,
    *,
    batch_tokens: int | Literal["auto"] = "auto",
    chunk_texts: int = 4_096,
) -> np.ndarray:
    """Return the vectors of texts, float32 (texts, d), or (d,) for one text.

    The vector of a text without a word that the encoder knows is zero. The vector of a text longer than the encoder
    reads at once is the mean of the vectors of its pieces.

    Args:
        encoder: a fitted TextEncoder, a SentenceTransformer, or the folder of one.
        inputs: the texts, as a list or other collection of str, or one text.
        out: a .npy file for the vectors, written atomically; the result is then its memory map. Default None.
        compute: "auto", "float32", "bfloat16" or "int8", the numbers that a transformer computes with. Default "auto".
        normalize_embeddings: whether to scale vectors to unit length. Default True.
        truncate_dim: keep only so many of the first dimensions. Default None: all.
        tokens: the texts as token numbers, so that a static encoder need not tokenize them again. Default None.
        batch_tokens: tokens of a transformer's batch, padding included; "auto" is 1,024 on a processor, whose cache
            holds a layer of them, and 32,768 on a GPU. Default "auto".
        chunk_texts: texts encoded before the next are read, which limits the memory needed. Default 4,096.

    Raises:
        DataError: if the folder holds no SentenceTransformer, or `inputs` is no collection of texts.
        UsageError: if `compute` is "int8", there is much text, and OpenVINO is not installed.
    """
    if isinstance(inputs, str):
        return encode(encoder, [inputs], out, compute, normalize_embeddings, truncate_dim, batch_tokens=batch_tokens)[0]
    inputs = as_texts(inputs)
    model = load_encoder(encoder) if isinstance(encoder, str | Path) else encoder
    if not isinstance(model, SentenceTransformer):
        model = model.sentence_transformer
    if compute == "int8" and pays(inputs):
        model = quantized(model, inputs)
    full = int(model.get_embedding_dimension() or 0)
    width = min(full, truncate_dim or full)
    read = reader(model, compute, batch_tokens)

    def vectors_of(some: slice) -> np.ndarray:
        if tokens is not None and is_static(model):
            return _finished(static_vectors(model, *tokens.numbers(some)), width, normalize_embeddings)
        finish = partial(_finished, width=width, unit=normalize_embeddings)
        return whole_vectors(model, inputs[some], lambda pieces: finish(read(pieces)), width)

    return _filled((len(inputs), width), vectors_of, chunk_texts, out)


def _finished(vectors: np.ndarray, width: int, unit: bool) -> np.ndarray:
    """Return the first `width` dimensions of vectors, scaled to unit length if `unit`."""
    vectors = vectors[:, :width]
    return vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12) if unit else vectors


def _filled(
    shape: tuple[int, int], vectors_of: Callable[[slice], np.ndarray], chunk: int, out: Path | None
) -> np.ndarray:
    """Return the vectors of all texts, computed chunk by chunk, in memory or as the memory map of the file `out`."""

    def fill(vectors: np.ndarray) -> None:
        with bar(label="encoding", total=shape[0], unit="text") as progress:
            for start in range(0, shape[0], chunk):
                some = slice(start, start + chunk)
                vectors[some] = block = vectors_of(some)
                progress.update(len(block))

    def write(part: Path) -> None:
        mapped = new_array(part, shape)
        fill(mapped)
        mapped.flush()

    if out is None:
        vectors = np.empty(shape, dtype=np.float32)
        fill(vectors)
        return vectors
    write_whole(out, write)
    return np.load(out, mmap_mode="r")


def share_cut(encoder: SentenceTransformer, inputs: Sequence[str], sample: int = 2_000) -> float:
    """Return the share of characters that the encoder does not read because texts are too long.

    Args:
        encoder: the encoder.
        inputs: the texts.
        sample: number of evenly spaced texts from which the share is estimated. Default 2,000.
    """
    if not len(inputs) or room_of(encoder) == float("inf"):
        return 0.0
    texts = [inputs[int(i)] for i in np.unique(np.linspace(0, len(inputs) - 1, sample).astype(int))]
    read = sum(len(piece) for pieces in pieces_read(encoder, texts) for piece, _ in pieces)
    return 1 - read / max(1, sum(map(len, texts)))
