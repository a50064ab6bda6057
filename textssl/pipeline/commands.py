"""One stage without the others: vectors of texts by an encoder, groups of vectors made anywhere."""

from pathlib import Path
from typing import Any

import numpy as np

from textssl.clustering.clustering import Clustering, cluster
from textssl.encoder.inference.encode import encode, load_encoder
from textssl.pipeline.corpus_index import all_texts
from textssl.pipeline.reading import read_input
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
    """Group vectors (n, d); return what is to be written of each row, and how it was found."""
    found = cluster(embeddings, settings.clustering, settings.seed)
    rows = np.arange(len(embeddings))
    return Results(None, rows, found.labels, found.probabilities, found.seconds, found.second_probabilities), found
