"""The stages of a run: each leaves its artefact in the run folder, whole or not at all."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.base import clone

from textssl.clustering.base import MOST_LEARNED, Assignment
from textssl.clustering.calibration import CALIBRATED_ON
from textssl.clustering.registry import Clustering, cluster, tunable
from textssl.clustering.saving import load_clusterer, save_clusterer
from textssl.clustering.tuning import LEAST_TEXTS, tune, tuned_kmeans, tuned_labels
from textssl.corpus.corpus import Corpus, Texts
from textssl.embedding.encoding import encode, load_encoder
from textssl.embedding.fitting import corpus_bags, fit_encoder, save_tuned, static_parts
from textssl.embedding.postprocessing import centred
from textssl.embedding.settings import form_of
from textssl.formats.registry import export
from textssl.pipeline.rows import assigned, distinct_texts, drawn_numbers, places_of
from textssl.pretraining.pretraining import pretrain
from textssl.pretraining.tokenizer import train_tokenizer
from textssl.run_folder import (
    RunFolder,
    encoder_folder,
    language_model_folder,
    new_array,
    read_manifest,
    write_manifest,
    write_whole,
)
from textssl.run_settings import RunSettings

Stage = Callable[[RunFolder, Corpus, RunSettings], None]

_ROWS_AT_ONCE = 65_536


def stages_of(corpus: Corpus, settings: RunSettings) -> dict[str, Stage]:
    """Return the stages of a run in order; a ready-made encoder takes the place of the language model."""
    last = {"embeddings": _embed, "groups": _group}
    if not settings.embedding.encoder:
        return {"language model": pretrain_stage, "encoder": _fit_encoder, **last}
    if not _tunes(corpus, settings):
        return {"copy of the encoder": _copy_encoder, **last}
    return {"tokenizer": _make_tokenizer, "teaching": _be_taught, "encoder": _fit_encoder, **last}


def pretrain_stage(files: RunFolder, corpus: Corpus, settings: RunSettings) -> None:
    """Leave a language model of the texts, and its tokenizer."""
    how = settings.pretraining
    if how.start != "none":
        how = replace(how, start=str(language_model_folder(how.start)))
    language_model = pretrain(_learned(files, corpus, settings), files.language_model, how, settings.seed)
    write_whole(files.tokenizer, lambda part: language_model.tokenizer.save_pretrained(part))


def _make_tokenizer(files: RunFolder, corpus: Corpus, settings: RunSettings) -> None:
    how = settings.pretraining
    tokenizer = train_tokenizer(_learned(files, corpus, settings), how.vocabulary, how.lowercase, how.tokenizer)
    write_whole(files.tokenizer, lambda part: tokenizer.save_pretrained(part))


def _be_taught(files: RunFolder, corpus: Corpus, settings: RunSettings) -> None:
    """Have the ready-made encoder read the texts."""
    encode(encoder_folder(settings.embedding.encoder), distinct_texts(corpus), files.taught, settings.embedding.compute)


def _fit_encoder(files: RunFolder, corpus: Corpus, settings: RunSettings) -> None:
    how, source = settings.embedding, files.language_model
    if how.encoder:
        how, source = replace(how, form="static"), files.tokenizer
    texts, pretrained = _learned(files, corpus, settings), settings.pretraining.start != "none"
    fit_encoder(source, texts, files.encoder, how, settings.seed, pretrained, settings.lang)
    if _tunes(corpus, settings):
        _tune(files, corpus, settings)


def _tunes(corpus: Corpus, settings: RunSettings) -> bool:
    """Tell whether vectors and groups are learned together: static vectors of our own, texts enough."""
    static = form_of(settings.embedding, settings.pretraining.start != "none") == "static"
    wanted = settings.clustering.tune and tunable(settings.clustering.method)
    return wanted and (static or bool(settings.embedding.encoder)) and len(corpus.unique_rows) >= LEAST_TEXTS


def _tune(files: RunFolder, corpus: Corpus, settings: RunSettings) -> None:
    """Tune static vectors and k-means groups together; leave the encoder and the clusterer of the tuned groups."""
    drawn = drawn_numbers(len(corpus.unique_rows), MOST_LEARNED, settings.seed)
    encoder = load_encoder(files.encoder)
    vectors, taught = encode(encoder, Texts(corpus, corpus.unique_rows[drawn])), None
    if settings.embedding.encoder:
        taught = centred(np.load(files.taught, mmap_mode="r")[drawn])
        vectors = np.hstack([vectors, taught])
    else:
        known = vectors.any(axis=1)
        drawn, vectors = drawn[known], vectors[known]
    texts = Texts(corpus, corpus.unique_rows[drawn])
    first = _clustered(files, vectors, replace(settings, clustering=replace(settings.clustering, calibrate=False)))
    bags = corpus_bags(files.tokenizer, texts, settings.embedding.max_length)
    table, shift = static_parts(encoder)
    tuned = tune(bags, table, shift, first.labels, settings.seed, taught)
    save_tuned(encoder, tuned.table, files.encoder)
    wanted = None if settings.clustering.clusters == "auto" else settings.clustering.clusters
    notes = first.notes
    if len(corpus.unique_rows) > MOST_LEARNED:
        notes += (f"vectors and groups were tuned on {len(drawn)} of {len(corpus.unique_rows)} distinct texts",)
    tuned_vectors = encode(encoder, texts)
    clusterer = tuned_kmeans(tuned, tuned_vectors, wanted, notes)
    if settings.clustering.calibrate:
        some = drawn_numbers(len(drawn), CALIBRATED_ON, settings.seed)

        def refit(half: np.ndarray, seed: int) -> np.ndarray:
            rows = some[half]
            again = clone(first.clusterer).set_params(random_state=seed).fit(vectors[rows]).labels_
            tuned = tune(bags[rows], table, shift, again, seed, None if taught is None else taught[rows])
            return tuned_labels(tuned, bags[some], shift)

        _write_down(files, reliability=clusterer.calibrate(tuned_vectors[some], refit, settings.seed))
    save_clusterer(clusterer, files.clusterer)


def _copy_encoder(files: RunFolder, corpus: Corpus, settings: RunSettings) -> None:
    encoder = load_encoder(encoder_folder(settings.embedding.encoder))
    write_whole(files.encoder, lambda part: encoder.save(str(part), create_model_card=False))


def _embed(files: RunFolder, corpus: Corpus, settings: RunSettings) -> None:
    """Encode each distinct text once, then give every row the vector of its text."""
    distinct = files.embeddings.with_name("embeddings.distinct.npy")
    width = encode(files.encoder, distinct_texts(corpus), distinct, settings.embedding.compute).shape[1]

    def write(part: Path) -> None:
        mapped = new_array(part, (len(corpus), width))
        for start in range(0, len(corpus), _ROWS_AT_ONCE):
            places = places_of(corpus, slice(start, start + _ROWS_AT_ONCE))
            vectors = np.load(distinct, mmap_mode="r")  # anew: what was read of a map stays in memory with it
            mapped[start : start + len(places)] = np.where(places[:, None] < 0, 0, vectors[places])
        mapped.flush()

    write_whole(files.embeddings, write)
    distinct.unlink()


def _group(files: RunFolder, corpus: Corpus, settings: RunSettings) -> None:
    """Group the vectors, unless they were tuned together with their groups, and write who belongs where."""
    vectors = np.load(files.embeddings, mmap_mode="r")
    if _tunes(corpus, settings):
        placed = load_clusterer(files.clusterer).assign(vectors)
        found = Assignment(*(column[corpus.unique_rows] for column in vars(placed).values()))
    else:
        places = places_of(corpus)
        weights = np.bincount(places[places >= 0], minlength=len(corpus.unique_rows)).astype(float)
        if len(weights) < len(corpus):
            vectors = vectors[corpus.unique_rows]
        found = _clustered(files, vectors, settings, weights)
        found.clusterer.notes_ = found.notes  # also how the number of clusters and the method came about
        save_clusterer(found.clusterer, files.clusterer)
    export(assigned(corpus, found), "parquet", files.assignments)


def _clustered(
    files: RunFolder, vectors: np.ndarray, settings: RunSettings, weights: np.ndarray | None = None
) -> Clustering:
    """Group vectors by the settings, and keep what was compared and how reliable it is in the manifest."""
    found = cluster(vectors, settings.clustering, settings.seed, weights)
    _write_down(files, choice=found.choice, reliability=found.reliability)
    return found


def _write_down(files: RunFolder, **tables: Sequence[Any]) -> None:
    """Keep tables of dataclasses in the manifest, for the report."""
    write_manifest(files, read_manifest(files) | {name: [asdict(row) for row in rows] for name, rows in tables.items()})


def _learned(files: RunFolder, corpus: Corpus, settings: RunSettings) -> Texts:
    """Return the distinct texts that are learned from: all, or as many as fitted under the ceiling of memory."""
    drawn = drawn_numbers(len(corpus.unique_rows), read_manifest(files)["learned"], settings.seed)
    return Texts(corpus, corpus.unique_rows[drawn])
