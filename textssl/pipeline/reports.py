"""What a run is reported by: its groups measured, its facts and notes gathered, the report written."""

import math
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from pyarrow import parquet

from textssl.clustering.calibration import Bin, calibration_error
from textssl.clustering.saving import load_clusterer
from textssl.corpus.corpus import Corpus
from textssl.encoder.encoder import encoder_notes
from textssl.encoder.inference.encode import load_encoder, share_cut
from textssl.errors import DataError
from textssl.pipeline.corpus_index import all_texts, distinct_texts, to_rows
from textssl.pretraining.pretraining import language_model_notes, load_facts
from textssl.reporting.baseline import tfidf_kmeans
from textssl.reporting.html import write_html
from textssl.reporting.metrics import agreement, quality
from textssl.reporting.projection import draw
from textssl.reporting.report import Report, clusters_json, make_report
from textssl.reporting.terminal import format_terminal
from textssl.run_folder import RunFolder, discard, read_manifest, write_json, write_whole
from textssl.run_settings import RunSettings


def write_report(files: RunFolder, corpus: Corpus, settings: RunSettings) -> Report:
    """Measure the groups and write metrics.json, clusters.json and report.html."""
    with clear_damage(files):
        embeddings = np.load(files.embeddings, mmap_mode="r")
        labels = parquet.read_table(files.assignments, columns=["cluster"])["cluster"].to_numpy()
    manifest = read_manifest(files)
    choice, bins = manifest.get("choice", []), manifest.get("reliability", [])
    metrics, baseline, notes = quality(embeddings, labels, settings.seed), {}, _notes(files, corpus, embeddings)
    if bins:
        metrics["calibration_error"] = calibration_error([Bin(**bin) for bin in bins])
    if corpus.labels is not None:
        scores = agreement(labels, corpus.labels)
        if scores["classes"] > 1:
            baseline = _baseline(corpus, settings, int(metrics["clusters"]))
            metrics |= scores
        else:
            notes.append("the label column has one class only: nothing to score against")
    report = make_report(
        corpus.name,
        all_texts(corpus),
        embeddings,
        labels,
        metrics,
        settings.reporting,
        lang=settings.lang,
        seed=settings.seed,
        distinct=corpus.unique_rows,
        baseline=baseline,
        facts=_facts(files, corpus, settings),
        notes=notes,
        choice=choice,
        reliability=bins,
    )
    language_model = _language_model_facts(files)
    measured = {"groups": metrics, "baseline": baseline, "choice": choice, "reliability": bins}
    write_json(files.metrics, measured | {"language_model": language_model})
    write_json(files.clusters, clusters_json(report))
    write_html(report, files.report)
    if report.points:
        names = {cluster.id: cluster.name for cluster in report.clusters}
        draw(report.points, report.point_labels, names, files.map)
    else:
        discard([files.map])
    text = format_terminal(report, 100)
    write_whole(files.report_text, lambda part: part.write_text(text, encoding="utf-8"))
    return report


@contextmanager
def clear_damage(files: RunFolder) -> Iterator[None]:
    """Turn whatever reading the artefacts of a finished run raises into one clear DataError."""
    try:
        yield
    except (OSError, ValueError) as error:  # Arrow's errors among them
        reason = str(error).splitlines()[0]
        raise DataError(f"{files.root} is damaged ({reason}): delete it and give the same command again") from None


def _baseline(corpus: Corpus, settings: RunSettings, found: int) -> dict[str, dict[str, float]]:
    """Score TF-IDF, SVD and k-means on the same rows, with as many clusters as the run was given or, by auto, found."""
    given = settings.clustering.n_clusters
    clusters = max(found, 1) if given == "auto" else given
    name = "TF-IDF, SVD, k-means " + ("(as many clusters as this run)" if given == "auto" else f"({given} clusters)")
    labels = tfidf_kmeans(distinct_texts(corpus), clusters, settings.seed)
    return {name: agreement(to_rows(corpus, labels, -1), corpus.labels or [])}


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
    stages = read_manifest(files)["stages"]
    seconds = {name: stage["seconds"] for name, stage in stages.items() if name != "report"}
    return [*facts, ("Method", settings.clustering.method), ("Seed", settings.seed)] + [
        (f"Seconds for {name}", value) for name, value in seconds.items()
    ]


def _notes(files: RunFolder, corpus: Corpus, embeddings: np.ndarray) -> list[str]:
    notes = [*corpus.notes, *load_clusterer(files.clusterer).notes_, *encoder_notes(files.encoder)]
    if files.language_model.exists():
        notes += language_model_notes(files.language_model)
    texts, learned = len(corpus.unique_rows), read_manifest(files).get("learned", math.inf)
    if learned < texts:
        notes.append(f"vectors were learned from {learned} of {texts} distinct texts: more did not fit in memory")
    unknown = int(np.count_nonzero(~embeddings.any(axis=1)) - corpus.statistics.blank)
    if unknown:
        notes.append(f"{unknown} texts hold no word that the encoder knows and are in no cluster")
    cut = share_cut(load_encoder(files.encoder), distinct_texts(corpus))
    if cut:
        notes.append(f"{cut:.1%} of the text lies beyond what the encoder reads of one text and was left out")
    return notes


def _language_model_facts(files: RunFolder) -> dict[str, Any] | None:
    return load_facts(files.language_model) if files.language_model.exists() else None
