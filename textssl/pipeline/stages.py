"""The stages of a run: what each does, and the table of what it reads, writes and depends on."""

from collections.abc import Sequence
from dataclasses import asdict, fields, replace
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.base import clone

from textssl.clustering.base import MOST_LEARNED, Assignment
from textssl.clustering.calibration import CALIBRATED_ON
from textssl.clustering.clustering import Clustering, cluster
from textssl.clustering.refined import refined_kmeans
from textssl.clustering.registry import tunable
from textssl.clustering.saving import load_clusterer, save_clusterer
from textssl.clustering.settings import ClusteringSettings
from textssl.corpus.corpus import Corpus, Texts
from textssl.encoder.encoder import corpus_bags, fit_encoder, save_tuned, static_parts
from textssl.encoder.inference.encode import encode, load_encoder
from textssl.encoder.postprocessing import centred
from textssl.encoder.settings import EmbeddingSettings, form_of
from textssl.formats.registry import export
from textssl.language.tokenizer import train_tokenizer
from textssl.pipeline.corpus_index import assigned, distinct_texts, places_of, sample_numbers
from textssl.pipeline.reports import write_report
from textssl.pipeline.table import Stage
from textssl.pretraining.pretraining import pretrain
from textssl.progress import without_library_bars
from textssl.refining.refining import LEAST_TEXTS, tune, tuned_labels
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

_ROWS_AT_ONCE = 65_536


def _pretrain(files: RunFolder, corpus: Corpus, settings: RunSettings) -> None:
    """Leave a language model of the texts, and its tokenizer."""
    how = settings.pretraining
    if how.checkpoint != "none":
        how = replace(how, checkpoint=str(language_model_folder(how.checkpoint)))
    language_model = pretrain(_learned(files, corpus, settings), files.language_model, how, settings.seed)
    write_whole(files.tokenizer, lambda part: language_model.tokenizer.save_pretrained(part))


def _make_tokenizer(files: RunFolder, corpus: Corpus, settings: RunSettings) -> None:
    how = settings.pretraining
    tokenizer = train_tokenizer(_learned(files, corpus, settings), how.vocabulary, how.lowercase, how.tokenizer)
    write_whole(files.tokenizer, lambda part: tokenizer.save_pretrained(part))


def _encode_with_teacher(files: RunFolder, corpus: Corpus, settings: RunSettings) -> None:
    """Have the ready-made encoder read the texts."""
    teacher = encoder_folder(settings.embedding.teacher)
    encode(teacher, distinct_texts(corpus), files.teacher_embeddings, settings.embedding.compute)


def _fit_encoder(files: RunFolder, corpus: Corpus, settings: RunSettings) -> None:
    texts, pretrained = _learned(files, corpus, settings), settings.pretraining.checkpoint != "none"
    source, how = files.language_model, settings.embedding
    fit_encoder(source, texts, files.encoder, how, settings.seed, pretrained, settings.lang)


def _fit_static_encoder(files: RunFolder, corpus: Corpus, settings: RunSettings) -> None:
    """Fit static vectors, which need no language model, and keep them where tuning can start again from them."""
    texts = _learned(files, corpus, settings)
    fit_encoder(files.tokenizer, texts, files.untuned_encoder, settings.embedding, settings.seed)


def _tune(files: RunFolder, corpus: Corpus, settings: RunSettings) -> None:
    """Tune static vectors and k-means groups together; leave the encoder and the clusterer of the tuned groups."""
    drawn = sample_numbers(len(corpus.unique_rows), MOST_LEARNED, settings.seed)
    encoder = load_encoder(files.untuned_encoder)
    vectors, taught = encode(encoder, Texts(corpus, corpus.unique_rows[drawn])), None
    if settings.embedding.teacher:
        taught = centred(np.load(files.teacher_embeddings, mmap_mode="r")[drawn])
        vectors = np.hstack([vectors, taught])
    else:
        known = vectors.any(axis=1)
        drawn, vectors = drawn[known], vectors[known]
    texts = Texts(corpus, corpus.unique_rows[drawn])
    first = _clustered(files, vectors, replace(settings.clustering, calibrate=False), settings.seed)
    bags = corpus_bags(files.tokenizer, texts, settings.embedding.max_length)
    table, shift = static_parts(encoder)
    tuned = tune(bags, table, shift, first.labels, settings.seed, taught)
    save_tuned(encoder, tuned.table, files.encoder)
    wanted = None if settings.clustering.n_clusters == "auto" else settings.clustering.n_clusters
    notes = first.notes
    if len(corpus.unique_rows) > MOST_LEARNED:
        notes += (f"vectors and groups were tuned on {len(drawn)} of {len(corpus.unique_rows)} distinct texts",)
    tuned_vectors = encode(encoder, texts)
    clusterer = refined_kmeans(tuned_vectors, tuned.centres, tuned.offsets, tuned.concentration, wanted, notes)
    if settings.clustering.calibrate:
        some = sample_numbers(len(drawn), CALIBRATED_ON, settings.seed)

        def refit(half: np.ndarray, seed: int) -> np.ndarray:
            rows = some[half]
            again = clone(first.clusterer).set_params(random_state=seed).fit(vectors[rows]).labels_
            tuned = tune(bags[rows], table, shift, again, seed, None if taught is None else taught[rows])
            return tuned_labels(tuned, bags[some], shift)

        _write_down(files, reliability=clusterer.calibrate(tuned_vectors[some], refit, settings.seed))
    save_clusterer(clusterer, files.clusterer)


def _copy_teacher(files: RunFolder, corpus: Corpus, settings: RunSettings) -> None:
    _copy_encoder(encoder_folder(settings.embedding.teacher), files.encoder)


def _leave_untuned(files: RunFolder, corpus: Corpus, settings: RunSettings) -> None:
    _copy_encoder(files.untuned_encoder, files.encoder)


@without_library_bars()
def _copy_encoder(source: Path, out: Path) -> None:
    encoder = load_encoder(source)
    write_whole(out, lambda part: encoder.save(str(part), create_model_card=False))


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
    """Group the vectors and write who belongs where."""
    vectors, places = np.load(files.embeddings, mmap_mode="r"), places_of(corpus)
    weights = np.bincount(places[places >= 0], minlength=len(corpus.unique_rows)).astype(float)
    if len(weights) < len(corpus):
        vectors = vectors[corpus.unique_rows]
    found = _clustered(files, vectors, settings.clustering, settings.seed, weights)
    found.clusterer.notes_ = found.notes  # also how the number of clusters and the method came about
    save_clusterer(found.clusterer, files.clusterer)
    export(assigned(corpus, found), "parquet", files.assignments)


def _assign_tuned(files: RunFolder, corpus: Corpus, settings: RunSettings) -> None:
    """Write who belongs where by the clusterer that was tuned together with the vectors."""
    placed = load_clusterer(files.clusterer).assign(np.load(files.embeddings, mmap_mode="r"))
    found = Assignment(*(column[corpus.unique_rows] for column in vars(placed).values()))
    export(assigned(corpus, found), "parquet", files.assignments)


def _clustered(
    files: RunFolder, vectors: np.ndarray, settings: ClusteringSettings, seed: int, weights: np.ndarray | None = None
) -> Clustering:
    """Group vectors by the settings, and keep what was compared and how reliable it is in the manifest."""
    found = cluster(vectors, settings, seed, weights)
    _write_down(files, choice=found.choice, reliability=found.reliability)
    return found


def _write_down(files: RunFolder, **tables: Sequence[Any]) -> None:
    """Keep tables of dataclasses in the manifest, for the report."""
    write_manifest(files, read_manifest(files) | {name: [asdict(row) for row in rows] for name, rows in tables.items()})


def _learned(files: RunFolder, corpus: Corpus, settings: RunSettings) -> Texts:
    """Return the distinct texts that are learned from: all, or as many as fitted under the ceiling of memory."""
    drawn = sample_numbers(len(corpus.unique_rows), read_manifest(files)["learned"], settings.seed)
    return Texts(corpus, corpus.unique_rows[drawn])


LANGUAGE_MODEL = Stage(
    "language model",
    _pretrain,
    reads=("corpus", "learned"),
    writes=("language_model", "tokenizer"),
    settings=("pretraining", "seed"),
    costly=True,
)
_TOKENIZER = Stage(
    "tokenizer",
    _make_tokenizer,
    reads=("corpus", "learned"),
    writes=("tokenizer",),
    settings=("pretraining.vocabulary", "pretraining.lowercase", "pretraining.tokenizer", "seed"),
    costly=True,
)
_TEACHING = Stage(
    "teaching",
    _encode_with_teacher,
    reads=("corpus",),
    writes=("teacher_embeddings",),
    settings=("embedding.teacher", "embedding.compute"),
    costly=True,
)
_ENCODER = Stage(
    "encoder",
    _fit_encoder,
    reads=("corpus", "learned", "language_model"),
    writes=("encoder",),
    settings=(
        *(f"embedding.{field.name}" for field in fields(EmbeddingSettings) if field.name not in ("encoder", "compute")),
        "pretraining.checkpoint",
        "lang",
        "seed",
    ),
    costly=True,
)
_STATIC_ENCODER = Stage(
    "encoder",
    _fit_static_encoder,
    reads=("corpus", "learned", "tokenizer"),
    writes=("untuned_encoder",),
    settings=(
        "embedding.form",
        "embedding.dimensions",
        "embedding.sif_a",
        "embedding.centre",
        "embedding.remove_components",
        "embedding.whiten",
        "embedding.max_length",
        "seed",
    ),
    costly=True,
)
_TUNING = Stage(
    "tuning",
    _tune,
    reads=("corpus", "tokenizer", "untuned_encoder", "teacher_embeddings"),
    writes=("encoder", "clusterer"),
    settings=("clustering", "embedding.teacher", "embedding.max_length", "seed"),
)
_NO_TUNING = Stage("copy of the encoder", _leave_untuned, reads=("untuned_encoder",), writes=("encoder",), settings=())
_READY_ENCODER = Stage(
    "copy of the encoder", _copy_teacher, reads=(), writes=("encoder",), settings=("embedding.teacher",)
)
_EMBEDDINGS = Stage(
    "embeddings", _embed, reads=("corpus", "encoder"), writes=("embeddings",), settings=("embedding.compute",)
)
_GROUPS = Stage(
    "groups",
    _group,
    reads=("corpus", "embeddings"),
    writes=("clusterer", "assignments"),
    settings=("clustering", "seed"),
)
_TUNED_GROUPS = Stage(
    "groups", _assign_tuned, reads=("corpus", "embeddings", "clusterer"), writes=("assignments",), settings=()
)
REPORT = Stage(
    "report",
    write_report,
    reads=("corpus", "learned", "language_model", "encoder", "embeddings", "clusterer", "assignments"),
    writes=("metrics", "clusters", "report", "report_text"),
    settings=("reporting", "clustering.method", "clustering.n_clusters", "lang", "seed"),
)
ALL_STAGES = (
    LANGUAGE_MODEL,
    _TOKENIZER,
    _TEACHING,
    _ENCODER,
    _STATIC_ENCODER,
    _TUNING,
    _NO_TUNING,
    _READY_ENCODER,
    _EMBEDDINGS,
    _GROUPS,
    _TUNED_GROUPS,
    REPORT,
)


def stages_of(corpus: Corpus, settings: RunSettings) -> tuple[Stage, ...]:
    """Return the stages of a run in order.

    A ready-made encoder takes the place of the language model. Vectors and groups are tuned together where the vectors
    are static ones of our own, the texts are enough and the clusterer allows it.
    """
    ready = bool(settings.embedding.teacher)
    static = ready or form_of(settings.embedding, settings.pretraining.checkpoint != "none") == "static"
    may_tune = static and len(corpus.unique_rows) >= LEAST_TEXTS
    tunes = may_tune and settings.clustering.refine and tunable(settings.clustering.method)
    last = (_EMBEDDINGS, _TUNED_GROUPS if tunes else _GROUPS, REPORT)
    if ready:
        return (_TOKENIZER, _TEACHING, _STATIC_ENCODER, _TUNING, *last) if tunes else (_READY_ENCODER, *last)
    if may_tune:
        return (LANGUAGE_MODEL, _STATIC_ENCODER, _TUNING if tunes else _NO_TUNING, *last)
    return (LANGUAGE_MODEL, _ENCODER, *last)
