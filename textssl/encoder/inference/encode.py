"""Texts to vectors with any SentenceTransformer folder, streamed to disk where they are many."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from safetensors import SafetensorError
from sentence_transformers import SentenceTransformer

from textssl.encoder.inference.forward import is_static, reader, static_vectors
from textssl.encoder.inference.int8 import pays, quantized
from textssl.encoder.inference.long_texts import pieces_read, whole_vectors
from textssl.encoder.settings import Compute
from textssl.errors import DataError
from textssl.language.texts import as_texts
from textssl.language.tokens import Tokens
from textssl.progress import bar, without_library_bars
from textssl.run_folder import new_array, write_whole
from textssl.training.device import own_randomness

_TEXTS_AT_ONCE = 4_096


@without_library_bars()
def load_encoder(folder: str | Path) -> SentenceTransformer:
    """Load a SentenceTransformer folder; nothing in it is executed.

    Raises:
        DataError: if the folder holds none.
    """
    if not (Path(folder) / "modules.json").is_file():
        raise DataError(f"{folder} holds no SentenceTransformer (no modules.json): give a run or an encoder folder")
    try:
        with own_randomness():  # which layers use up before their weights are read
            return SentenceTransformer(str(folder), trust_remote_code=False, local_files_only=True)
    except (OSError, ValueError, KeyError, RuntimeError, SafetensorError) as error:
        raise DataError(f"{folder} is no SentenceTransformer that loads: {str(error).splitlines()[0]}") from None


def encode(
    encoder: SentenceTransformer | str | Path,
    inputs: Sequence[str] | str,
    out: Path | None = None,
    compute: Compute = "auto",
    normalize_embeddings: bool = True,
    truncate_dim: int | None = None,
    tokens: Tokens | None = None,
) -> np.ndarray:
    """Encode texts; one without a word that the encoder knows becomes the zero vector, a long one its pieces' mean.

    Args:
        encoder: a SentenceTransformer or its folder.
        inputs: the texts, whatever `as_texts` reads, or one text.
        out: a .npy file to write to, whole or not at all; the result is then its memory map.
        compute: the numbers a transformer computes with; see EmbeddingSettings.compute.
        normalize_embeddings: scale vectors to unit length.
        truncate_dim: keep only the first dimensions.
        tokens: of the texts, by the tokenizer of the encoder; a static encoder without a prompt then need not tokenize
            them.

    Returns:
        float32 (texts, d), or (d,) for one text.

    Raises:
        DataError: if `encoder` is the folder of none, or `inputs` are no texts.
    """
    if isinstance(inputs, str):
        return encode(encoder, [inputs], out, compute, normalize_embeddings, truncate_dim)[0]
    inputs = as_texts(inputs)
    model = encoder if isinstance(encoder, SentenceTransformer) else load_encoder(encoder)
    full = int(model.get_embedding_dimension() or 0)
    shape = (len(inputs), min(full, truncate_dim or full))
    if compute == "int8" and pays(inputs):
        model = quantized(model, inputs)
    read = reader(model, compute)

    def finished(vectors: np.ndarray) -> np.ndarray:
        vectors = vectors[:, : shape[1]]
        return vectors / np.maximum(
            np.linalg.norm(vectors, axis=1, keepdims=True) if normalize_embeddings else 1, 1e-12
        )

    def vectors_of(some: slice) -> np.ndarray:
        if tokens is not None and is_static(model):
            return finished(static_vectors(model, *tokens.numbers(some)))
        texts = inputs[some]
        block = whole_vectors(model, texts, lambda pieces: finished(read(pieces)), shape[1])
        block[[not text.strip() for text in texts]] = 0
        return block

    def fill(vectors: np.ndarray) -> None:
        with bar(label="encoding", total=len(inputs), unit="text") as progress:
            for start in range(0, len(inputs), _TEXTS_AT_ONCE):
                some = slice(start, start + _TEXTS_AT_ONCE)
                vectors[some] = block = vectors_of(some)
                progress.update(len(block))

    if out is None:
        vectors = np.empty(shape, dtype=np.float32)
        fill(vectors)
        return vectors

    def write(part: Path) -> None:
        mapped = new_array(part, shape)
        fill(mapped)
        mapped.flush()

    write_whole(out, write)
    return np.load(out, mmap_mode="r")


def share_cut(encoder: SentenceTransformer, inputs: Sequence[str], sample: int = 2_000) -> float:
    """Return the share of characters that the encoder does not come to read, estimated from evenly spaced texts."""
    if not len(inputs):
        return 0.0
    texts = [inputs[int(i)] for i in np.unique(np.linspace(0, len(inputs) - 1, sample).astype(int))]
    read = sum(len(piece) for pieces in pieces_read(encoder, texts) for piece, _ in pieces)
    return 1 - read / max(1, sum(map(len, texts)))
