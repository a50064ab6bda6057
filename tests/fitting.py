"""Fit and save an encoder in one call."""

from pathlib import Path

from sentence_transformers import SentenceTransformer

from textssl.encoder.encoder import TextEncoder
from textssl.encoder.settings import EmbeddingSettings


def fit_encoder(language_model, texts, out, settings=None, seed=0, **parameters) -> SentenceTransformer:
    of_runs = {"teacher", "refine"}
    parameters |= {name: value for name, value in vars(settings or EmbeddingSettings()).items() if name not in of_runs}
    checkpoint = Path(out).with_name(f"{Path(out).name}.checkpoint")
    encoder = TextEncoder(language_model, checkpoint=checkpoint, random_state=seed, **parameters).fit(texts)
    encoder.save(out)
    return encoder.sentence_transformer
