"""One stage without the others: vectors of texts by an encoder, groups of vectors made anywhere."""

from pathlib import Path
from typing import Any

import numpy as np

from textssl.clustering.registry import Clustering, cluster
from textssl.embedding.encoding import encode, load_encoder
from textssl.pipeline.reading import read_input
from textssl.pipeline.rows import all_texts
from textssl.results import Results
from textssl.run_folder import encoder_folder
from textssl.run_settings import RunSettings


def embed(encoder: str | Path, source: Any, settings: RunSettings | None = None) -> Results:
    """Encode `source` with the encoder of a run, or any SentenceTransformer folder; a blank text gets zeros."""
    settings = settings or RunSettings()
    model = load_encoder(encoder_folder(encoder))
    corpus = read_input(source, settings.corpus, settings.lang, need_texts=False)
    return Results(
        encode(model, all_texts(corpus), compute=settings.embedding.compute),
        np.arange(len(corpus)),
        texts=all_texts(corpus),
        others=corpus.others,
    )


def cluster_embeddings(embeddings: np.ndarray, settings: RunSettings) -> tuple[Results, Clustering]:
    """Group vectors (n, d); a zero vector, which stands for a blank text, gets -1 and is not in the Clustering."""
    filled = np.flatnonzero(np.abs(embeddings).max(axis=1, initial=0) > 0)
    found = cluster(embeddings[filled], settings.clustering, settings.seed)
    labels, seconds = np.full((2, len(embeddings)), -1, dtype=np.int32)
    probabilities, second_probabilities = np.zeros((2, len(embeddings)), dtype=np.float32)
    labels[filled], probabilities[filled] = found.labels, found.probabilities
    seconds[filled], second_probabilities[filled] = found.seconds, found.second_probabilities
    rows = np.arange(len(embeddings))
    return Results(None, rows, labels, probabilities, seconds, second_probabilities), found
