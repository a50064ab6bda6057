"""The whole way, and the only place where stages meet: text in, groups a person can read out.

Each stage leaves its artefact in the run folder, whole or not at all, and is noted in the manifest; the same call
again therefore goes on where the last one ended, however it ended.
"""

import math
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from pyarrow import parquet

from textssl.clustering.base import MOST_LEARNED, Assignment
from textssl.clustering.registry import TUNABLE, Clustering, cluster
from textssl.clustering.saving import load_clusterer, save_clusterer
from textssl.clustering.tuning import LEAST_TEXTS, tune, tuned_kmeans
from textssl.config import build, to_toml
from textssl.corpus.corpus import Corpus, Texts
from textssl.corpus.reading import open_corpus, read_corpus
from textssl.corpus.settings import CorpusSettings
from textssl.embedding.definitions import read_definitions
from textssl.embedding.encoding import encode, load_encoder, share_cut
from textssl.embedding.fitting import corpus_bags, encoder_notes, fit_encoder, save_tuned, static_parts
from textssl.embedding.objectives.registry import objectives_named
from textssl.embedding.postprocessing import centred
from textssl.errors import DataError, UsageError
from textssl.estimate import Estimate, estimate
from textssl.export.exported import Exported
from textssl.export.registry import export
from textssl.memory import ceiling, gigabytes
from textssl.pretraining.backbones import load_backbone
from textssl.pretraining.pretraining import LanguageModel, load_facts, load_language_model, pretrain
from textssl.pretraining.tokenizer import train_tokenizer
from textssl.reporting.baseline import tfidf_kmeans
from textssl.reporting.document import Report, clusters_json, make_report
from textssl.reporting.html import write_html
from textssl.reporting.metrics import agreement, quality
from textssl.reporting.picture import draw
from textssl.reporting.terminal import format_terminal
from textssl.run_folder import (
    RunFolder,
    claim,
    clear_os_errors,
    encoder_folder,
    language_model_folder,
    new_array,
    read_json,
    read_manifest,
    require_finished,
    sweep,
    write_json,
    write_manifest,
    write_whole,
)
from textssl.run_settings import RunSettings

Stage = Callable[[RunFolder, Corpus, RunSettings], None]

_ROWS_AT_ONCE = 65_536
_SHOWN_VERSIONS = ("textssl", "torch", "transformers", "sentence-transformers", "scikit-learn")


@dataclass(frozen=True)
class Run:
    """A finished run; arrays have one row for each row of the input.

    Attributes:
        folder: where everything lies.
        embeddings: float32 (n, d), a memory map; zero for a blank row.
        labels: int32 (n,), -1 = in no group.
        probabilities: float32 (n,).
        clusters: for each cluster id, size, keywords and representative rows, largest first.
        metrics: what was measured.
    """

    folder: Path
    embeddings: np.ndarray
    labels: np.ndarray
    probabilities: np.ndarray
    clusters: list[dict[str, Any]]
    metrics: dict[str, Any]


def run(source: Any, out: str | Path, settings: RunSettings | None = None) -> Run:
    """Pretrain on `source`, embed it, group it, report, and leave all of it in the folder `out`.

    Args:
        source: whatever `read_corpus` reads.
        out: a new or empty folder, or that of the same run cut off.
        settings: see RunSettings.

    Raises:
        DataError: if the input or the disk does not allow it.
        UsageError: if a setting is wrong, or `out` holds something else.
    """
    settings = settings or RunSettings()
    ceiling(settings.memory)  # what is wrong with it is told before anything is read
    folder, corpus = _folder_for(source, Path(out), settings, _check_groupable)
    if not read_manifest(folder)["stages"]:
        _announce(corpus, _estimated(corpus, settings))
    for name, work in _stages(corpus, settings).items():
        _once(name, work, folder, corpus, settings)
    write_report(folder, corpus, settings)
    sweep(folder)
    write_manifest(folder, read_manifest(folder) | {"finished": True})
    return load_run(out)


def pretrain_folder(source: Any, out: str | Path, settings: RunSettings | None = None) -> LanguageModel:
    """Do only the first stage of `run`: leave a language model in the folder `out`, which `run` can continue."""
    settings = settings or RunSettings()
    folder, corpus = _folder_for(source, Path(out), settings)
    _once("language model", _pretrain, folder, corpus, settings)
    return load_language_model(folder.language_model)


def embed(encoder: str | Path, source: Any, settings: RunSettings | None = None) -> Exported:
    """Encode `source` with the encoder of a run, or any SentenceTransformer folder; a blank text gets zeros."""
    settings = settings or RunSettings()
    model = load_encoder(encoder_folder(encoder))
    corpus = read_corpus(source, settings.corpus, settings.lang)
    return Exported(
        encode(model, _all(corpus), compute=settings.embedding.compute), np.arange(len(corpus)), texts=_all(corpus)
    )


def cluster_embeddings(embeddings: np.ndarray, settings: RunSettings) -> tuple[Exported, Clustering]:
    """Group vectors (n, d); a zero vector, which stands for a blank text, gets -1 and is not in the Clustering."""
    filled = np.flatnonzero(np.abs(embeddings).max(axis=1, initial=0) > 0)
    found = cluster(embeddings[filled], settings.clustering, settings.seed)
    labels = np.full(len(embeddings), -1, dtype=np.int32)
    probabilities = np.zeros(len(embeddings), dtype=np.float32)
    labels[filled], probabilities[filled] = found.labels, found.probabilities
    return Exported(None, np.arange(len(embeddings)), labels, probabilities), found


def exported(folder: str | Path) -> Exported:
    """Return vectors, groups and texts of a finished run, ready to export."""
    finished = load_run(folder)
    corpus = open_corpus(RunFolder(finished.folder).corpus)
    return Exported(finished.embeddings, np.arange(len(corpus)), finished.labels, finished.probabilities, _all(corpus))


def load_run(folder: str | Path) -> Run:
    """Open a finished run.

    Raises:
        DataError: if the folder holds none, a half-written one, or one of another format.
    """
    files = RunFolder(Path(folder))
    require_finished(files)
    with _clear_damage(files):
        assigned = parquet.read_table(files.assignments, columns=["cluster", "probability"])
        return Run(
            folder=files.root,
            embeddings=np.load(files.embeddings, mmap_mode="r"),
            labels=assigned["cluster"].to_numpy(),
            probabilities=assigned["probability"].to_numpy(),
            clusters=read_json(files.clusters),
            metrics=read_json(files.metrics),
        )


def predict(folder: str | Path, source: Any, settings: CorpusSettings | None = None) -> Exported:
    """Give each text of `source` the group of a finished run it belongs to; a blank text gets -1.

    Returns:
        rows, clusters, probabilities and texts, one entry for each row of `source`.
    """
    files = RunFolder(Path(folder))
    manifest = require_finished(files)
    corpus = read_corpus(source, settings, manifest["settings"]["lang"])
    assignment = load_clusterer(files.clusterer).assign(encode(files.encoder, _distinct(corpus)))
    return Exported(
        embeddings=None,
        rows=np.arange(len(corpus)),
        clusters=_to_rows(corpus, assignment.labels, -1),
        probabilities=_to_rows(corpus, assignment.probabilities, 0),
        texts=_all(corpus),
    )


def evaluate(folder: str | Path, label_column: str = "") -> dict[str, Any]:
    """Score the groups of a finished run against known labels, and add the scores to its metrics and report.

    Args:
        folder: the run.
        label_column: a column of the run's input file; by default the labels named when it was run.

    Raises:
        DataError: if there are no labels, or the input is gone or has changed.
    """
    files = RunFolder(Path(folder))
    manifest = require_finished(files)
    settings = build(RunSettings, manifest["settings"])
    corpus = open_corpus(files.corpus)
    if label_column:
        labelled = read_corpus(manifest["source"], replace(settings.corpus, label_column=label_column), settings.lang)
        if labelled.table["text"] != corpus.table["text"]:
            raise DataError(f"{manifest['source']} has changed since the run: run it again with --label-column")
        corpus = labelled
    if corpus.labels is None:
        raise DataError(f"{folder} has no labels to score against: name a column with --label-column")
    write_report(files, corpus, settings)
    return read_json(files.metrics)


def report(folder: str | Path) -> Report:
    """Write the report of a finished run anew, and return it."""
    files = RunFolder(Path(folder))
    manifest = require_finished(files)
    return write_report(files, open_corpus(files.corpus), build(RunSettings, manifest["settings"]))


def write_report(files: RunFolder, corpus: Corpus, settings: RunSettings) -> Report:
    """Measure the groups and write metrics.json, clusters.json and report.html."""
    with _clear_damage(files):
        embeddings = np.load(files.embeddings, mmap_mode="r")
        labels = parquet.read_table(files.assignments, columns=["cluster"])["cluster"].to_numpy()
    choice = read_manifest(files).get("choice", [])
    metrics, baseline = quality(embeddings, labels, settings.seed), {}
    if corpus.labels is not None:
        metrics |= agreement(labels, corpus.labels)
        baseline = _baseline(corpus, settings)
    report = make_report(
        corpus.name,
        _all(corpus),
        embeddings,
        labels,
        metrics,
        settings.reporting,
        lang=settings.lang,
        seed=settings.seed,
        distinct=corpus.unique_rows,
        baseline=baseline,
        facts=_facts(files, corpus, settings),
        notes=_notes(files, corpus),
        choice=choice,
    )
    language_model = _language_model_facts(files)
    write_json(
        files.metrics,
        {"groups": metrics, "baseline": baseline, "choice": choice, "language_model": language_model},
    )
    write_json(files.clusters, clusters_json(report))
    write_html(report, files.report)
    if report.points:
        names = {cluster.id: cluster.name for cluster in report.clusters}
        draw(report.points, report.point_labels, names, files.map)
    text = format_terminal(report, 100)
    write_whole(files.report_text, lambda part: part.write_text(text, encoding="utf-8"))
    return report


@contextmanager
def _clear_damage(files: RunFolder) -> Iterator[None]:
    """Turn whatever reading the artefacts of a finished run raises into one clear DataError."""
    try:
        yield
    except (OSError, ValueError) as error:  # Arrow's errors among them
        reason = str(error).splitlines()[0]
        raise DataError(f"{files.root} is damaged ({reason}): delete it and give the same command again") from None


def _once(name: str, work: Stage, folder: RunFolder, corpus: Corpus, settings: RunSettings) -> None:
    """Do a stage unless the manifest says that it was done."""
    if name in read_manifest(folder)["stages"]:
        return
    started = time.monotonic()
    work(folder, corpus, settings)
    manifest = read_manifest(folder)
    manifest["stages"][name] = {"seconds": round(time.monotonic() - started, 1)}
    write_manifest(folder, manifest)


def _folder_for(
    source: Any, out: Path, settings: RunSettings, check: Callable[[Corpus, RunSettings], None] | None = None
) -> tuple[RunFolder, Corpus]:
    """Read and check what goes in, and only then lay claim to `out`: what cannot be used leaves nothing behind."""
    read = out.resolve().parent / f"{out.resolve().name}.corpus"
    try:
        corpus = read_corpus(source, settings.corpus, settings.lang, cache=read)
        expected = _estimated(corpus, settings)
        if not RunFolder(out).manifest.exists():
            _check_beginnings(settings)
            if check:
                check(corpus, settings)
        identity = {"input": corpus.fingerprint, "settings": asdict(settings)}
        folder = claim(out, identity)
        with clear_os_errors(out):
            read.replace(folder.corpus)
    finally:
        read.unlink(missing_ok=True)
    manifest = read_manifest(folder)
    manifest |= {"source": corpus.name, "versions": {name: version(name) for name in _SHOWN_VERSIONS}}
    manifest.setdefault("learned", expected.learned)
    write_manifest(folder, manifest)
    write_whole(folder.config, lambda part: part.write_text(to_toml(settings), encoding="utf-8"))
    return folder, open_corpus(folder.corpus)


def _check_beginnings(settings: RunSettings) -> None:
    """Load what the run is to begin with: dictionary, encoder, checkpoint; whatever is wrong with it is raised."""
    if settings.embedding.dictionary:
        if settings.embedding.form != "lexical":
            raise UsageError("embedding.dictionary serves the lexical form alone: set embedding.form=lexical")
        read_definitions(settings.embedding.dictionary)
    if settings.embedding.encoder:
        if settings.pretraining.start != "none":
            raise UsageError(
                f"got both the encoder {settings.embedding.encoder} and the checkpoint {settings.pretraining.start}: "
                "a run begins with one of them, drop --encoder or --start"
            )
        load_encoder(encoder_folder(settings.embedding.encoder))
        return
    objectives_named(settings.embedding.objectives)
    if settings.pretraining.objective == "clm" and settings.embedding.pooling == "cls":
        raise UsageError(
            "pooling cls takes the first token, which in a clm model has seen no other: "
            "set embedding.pooling to sif, mean, weightedmean or lasttoken"
        )
    if settings.pretraining.start != "none":
        load_backbone(language_model_folder(settings.pretraining.start), settings.pretraining.objective)


def _check_groupable(corpus: Corpus, settings: RunSettings) -> None:
    found, wanted = corpus.statistics.unique, settings.clustering.clusters
    if found < 2:
        raise DataError(f"{corpus.name} has one distinct text: grouping takes at least 2")
    if wanted != "auto" and found < int(wanted):
        raise DataError(f"{corpus.name} has {found} distinct texts, fewer than the {wanted} clusters asked for")


def _estimated(corpus: Corpus, settings: RunSettings) -> Estimate:
    return estimate(corpus.statistics.unique, corpus.statistics.characters, settings)


def _announce(corpus: Corpus, expected: Estimate) -> None:
    """Say on standard error what is to be expected of the run."""
    texts = corpus.statistics.unique
    minutes = f"{expected.seconds / 60:.0f} minutes" if expected.seconds > 90 else "a minute"
    learned = f"; vectors are learned from {expected.learned:,} of them" if expected.learned < texts else ""
    memory = f"{gigabytes(expected.memory)} of memory at most"
    print(f"{texts:,} distinct texts: about {minutes}, {memory}{learned}", file=sys.stderr)


def _stages(corpus: Corpus, settings: RunSettings) -> dict[str, Stage]:
    """Return the stages of a run in order; a ready-made encoder takes the place of the language model."""
    last = {"embeddings": _embed, "groups": _group}
    if not settings.embedding.encoder:
        return {"language model": _pretrain, "encoder": _fit_encoder, **last}
    if not _tunes(corpus, settings):
        return {"copy of the encoder": _copy_encoder, **last}
    return {"tokenizer": _make_tokenizer, "teaching": _be_taught, "encoder": _fit_encoder, **last}


def _pretrain(files: RunFolder, corpus: Corpus, settings: RunSettings) -> None:
    how = settings.pretraining
    if how.start != "none":
        how = replace(how, start=str(language_model_folder(how.start)))
    language_model = pretrain(_learned(files, corpus, settings), files.language_model, how, settings.seed)
    write_whole(files.tokenizer, lambda part: language_model.tokenizer.save_pretrained(part))


def _make_tokenizer(files: RunFolder, corpus: Corpus, settings: RunSettings) -> None:
    how = settings.pretraining
    tokenizer = train_tokenizer(_learned(files, corpus, settings), how.vocabulary, how.lowercase)
    write_whole(files.tokenizer, lambda part: tokenizer.save_pretrained(part))


def _be_taught(files: RunFolder, corpus: Corpus, settings: RunSettings) -> None:
    """Have the ready-made encoder read the texts."""
    encode(encoder_folder(settings.embedding.encoder), _distinct(corpus), files.taught, settings.embedding.compute)


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
    static = settings.embedding.form == "static" or (
        settings.embedding.form == "auto" and settings.pretraining.start == "none"
    )
    wanted = settings.clustering.tune and settings.clustering.method in TUNABLE
    return wanted and (static or bool(settings.embedding.encoder)) and len(corpus.unique_rows) >= LEAST_TEXTS


def _tune(files: RunFolder, corpus: Corpus, settings: RunSettings) -> None:
    """Tune static vectors and k-means groups together; leave the encoder and the clusterer of the tuned groups."""
    drawn = _drawn(len(corpus.unique_rows), MOST_LEARNED, settings.seed)
    texts = Texts(corpus, corpus.unique_rows[drawn])
    encoder = load_encoder(files.encoder)
    vectors, taught = encode(encoder, texts), None
    if settings.embedding.encoder:
        taught = centred(np.load(files.taught, mmap_mode="r")[drawn])
        vectors = np.hstack([vectors, taught])
    first = _clustered(files, vectors, settings)
    bags = corpus_bags(files.tokenizer, texts, settings.embedding.max_length)
    tuned = tune(bags, *static_parts(encoder), first.labels, settings.seed, taught)
    save_tuned(encoder, tuned.table, files.encoder)
    wanted = None if settings.clustering.clusters == "auto" else settings.clustering.clusters
    notes = first.notes
    if len(drawn) < len(corpus.unique_rows):
        notes += (f"vectors and groups were tuned on {len(drawn)} of {len(corpus.unique_rows)} distinct texts",)
    save_clusterer(tuned_kmeans(tuned, encode(encoder, texts), wanted, notes), files.clusterer)


def _copy_encoder(files: RunFolder, corpus: Corpus, settings: RunSettings) -> None:
    encoder = load_encoder(encoder_folder(settings.embedding.encoder))
    write_whole(files.encoder, lambda part: encoder.save(str(part), create_model_card=False))


def _embed(files: RunFolder, corpus: Corpus, settings: RunSettings) -> None:
    """Encode each distinct text once, then give every row the vector of its text."""
    distinct = files.embeddings.with_name("embeddings.distinct.npy")
    width = encode(files.encoder, _distinct(corpus), distinct, settings.embedding.compute).shape[1]

    def write(part: Path) -> None:
        mapped = new_array(part, (len(corpus), width))
        for start in range(0, len(corpus), _ROWS_AT_ONCE):
            places = _places(corpus, slice(start, start + _ROWS_AT_ONCE))
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
        found: Assignment | Clustering = Assignment(
            placed.labels[corpus.unique_rows], placed.probabilities[corpus.unique_rows]
        )
    else:
        places = _places(corpus)
        weights = np.bincount(places[places >= 0], minlength=len(corpus.unique_rows)).astype(float)
        if len(weights) < len(corpus):
            vectors = vectors[corpus.unique_rows]
        found = _clustered(files, vectors, settings, weights)
        save_clusterer(found.clusterer, files.clusterer)
    assigned = Exported(
        embeddings=None,
        rows=np.arange(len(corpus)),
        clusters=_to_rows(corpus, found.labels, -1),
        probabilities=_to_rows(corpus, found.probabilities, 0),
        texts=_all(corpus),
    )
    export(assigned, "parquet", files.assignments)


def _clustered(
    files: RunFolder, vectors: np.ndarray, settings: RunSettings, weights: np.ndarray | None = None
) -> Clustering:
    """Group vectors by the settings, and leave the numbers of clusters that were compared in the manifest."""
    found = cluster(vectors, settings.clustering, settings.seed, weights)
    write_manifest(files, read_manifest(files) | {"choice": [asdict(candidate) for candidate in found.choice]})
    return found


def _all(corpus: Corpus) -> Texts:
    return Texts(corpus, np.arange(len(corpus)))


def _distinct(corpus: Corpus) -> Texts:
    return Texts(corpus, corpus.unique_rows)


def _learned(files: RunFolder, corpus: Corpus, settings: RunSettings) -> Texts:
    """Return the distinct texts that are learned from: all, or as many as fitted under the ceiling of memory."""
    drawn = _drawn(len(corpus.unique_rows), read_manifest(files)["learned"], settings.seed)
    return Texts(corpus, corpus.unique_rows[drawn])


def _drawn(count: int, most: int, seed: int) -> np.ndarray:
    """Return `most` of the numbers below `count`, drawn with the seed, ascending; all, if they are no more."""
    return np.arange(count) if count <= most else np.sort(np.random.default_rng(seed).permutation(count)[:most])


def _places(corpus: Corpus, rows: slice = slice(None)) -> np.ndarray:
    """Return the place of each row's text among the distinct texts, -1 for a blank row."""
    first = corpus.table["first"].to_numpy()[rows]
    return np.where(first < 0, -1, np.searchsorted(corpus.unique_rows, first))


def _to_rows(corpus: Corpus, values: np.ndarray, blank: float) -> np.ndarray:
    """Spread one value a distinct text over the rows."""
    places = _places(corpus)
    return np.where(places < 0, blank, values[places]).astype(values.dtype)


def _baseline(corpus: Corpus, settings: RunSettings) -> dict[str, dict[str, float]]:
    """Score TF-IDF, SVD and k-means with the true number of classes on the same rows."""
    classes = len(set(corpus.labels or []) - {None})
    labels = tfidf_kmeans(_distinct(corpus), classes, settings.seed)
    return {"TF-IDF, SVD, k-means": agreement(_to_rows(corpus, labels, -1), corpus.labels or [])}


def _facts(files: RunFolder, corpus: Corpus, settings: RunSettings) -> list[tuple[str, Any]]:
    counts = corpus.statistics
    facts: list[tuple[str, Any]] = [
        ("Texts", counts.rows),
        ("Distinct texts", counts.unique),
        ("Duplicates", counts.duplicates),
        ("Blank rows", counts.blank),
    ]
    learned = _language_model_facts(files)
    if learned:
        facts += [
            ("Objective", learned["objective"]),
            ("Parameters", learned["parameters"]),
            ("Vocabulary", learned["vocabulary"]),
            ("Perplexity", learned["perplexity"]),
            ("Bits per byte", learned["bits_per_byte"]),
        ]
    seconds = {name: stage["seconds"] for name, stage in read_manifest(files)["stages"].items()}
    return [*facts, ("Method", settings.clustering.method), ("Seed", settings.seed)] + [
        (f"Seconds for {name}", value) for name, value in seconds.items()
    ]


def _notes(files: RunFolder, corpus: Corpus) -> list[str]:
    notes = [*load_clusterer(files.clusterer).notes_, *encoder_notes(files.encoder)]
    texts, learned = len(corpus.unique_rows), read_manifest(files).get("learned", math.inf)
    if learned < texts:
        notes.append(f"vectors were learned from {learned} of {texts} distinct texts: more did not fit in memory")
    cut = share_cut(load_encoder(files.encoder), _distinct(corpus))
    if cut:
        notes.append(f"{cut:.1%} of the text lies beyond what the encoder reads of one text and was left out")
    return notes


def _language_model_facts(files: RunFolder) -> dict[str, Any] | None:
    return load_facts(files.language_model) if files.language_model.exists() else None
