"""The report of a run: gather what its sections show, and write it as JSON, a page, text and a picture."""

import math
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from textssl.clustering.calibration import Bin, calibration_error
from textssl.clustering.saving import load_clusterer
from textssl.corpus.corpus import Corpus
from textssl.encoder.record import EncoderRecord
from textssl.errors import DataError
from textssl.evaluation.baseline import tfidf_kmeans
from textssl.evaluation.metrics import agreement, quality
from textssl.language.words import TokenizedTexts
from textssl.pipeline.columns import column_tables
from textssl.pipeline.corpus_index import all_texts, distinct_texts, to_rows
from textssl.pipeline.edits import given_names, read_edits
from textssl.pipeline.heads import head_columns
from textssl.pretraining.facts import language_model_notes, load_facts
from textssl.reporting.context import ReportContext
from textssl.reporting.html import write_html
from textssl.reporting.projection import draw
from textssl.reporting.report import Report, Value, clusters_json
from textssl.reporting.sections.registry import make_report
from textssl.reporting.terminal import format_terminal
from textssl.run_folder import RunFolder, discard, read_json, read_manifest, write_json, write_whole
from textssl.run_settings import RunSettings

# Columns of report.txt.
_WIDTH = 100


def write_report(files: RunFolder, corpus: Corpus, settings: RunSettings) -> Report:
    """Measure the groups, and write metrics.json, clusters.json, report.html, report.txt and map.png."""
    language_model = load_facts(files.language_model) if files.language_model.exists() else None
    context = _gather(files, corpus, settings, language_model)
    report = make_report(context)
    measured = {"groups": context.metrics, "baseline": context.baseline, "choice": [], "reliability": [], "oddest": []}
    write_json(files.metrics, {**measured, **context.tables, "language_model": language_model})
    write_json(files.clusters, clusters_json(context.clusters))
    write_html(report, files.report)
    if context.map:
        draw(context.map.points, context.map.labels, context.map.names, files.map)
    else:
        discard([files.map])
    text = format_terminal(report, _WIDTH)
    write_whole(files.report_text, lambda part: part.write_text(text, encoding="utf-8"))
    return report


@contextmanager
def clear_damage(files: RunFolder) -> Iterator[None]:
    """Turn any error in reading the files of a finished run into one clear DataError."""
    try:
        yield
    except (OSError, ValueError) as error:  # Arrow's errors among them
        reason = str(error).splitlines()[0]
        raise DataError(f"{files.root} is damaged ({reason}): delete it and give the same command again") from None


def _gather(
    files: RunFolder, corpus: Corpus, settings: RunSettings, language_model: dict[str, Any] | None
) -> ReportContext:
    """Read the results of the run and measure them."""
    with clear_damage(files):
        embeddings = np.load(files.embeddings, mmap_mode="r")
        columns = head_columns(files)
        tokenized = TokenizedTexts.load(files.words)
    manifest = read_manifest(files)
    tables = _tables(manifest) | {"robustness": _robustness(files, manifest)}
    tables |= column_tables(corpus, settings.reporting, columns["cluster"], settings.seed)
    notes = _notes(files, corpus, embeddings, manifest)
    metrics, baseline = quality(embeddings, columns["cluster"], settings.seed), {}
    if tables.get("reliability"):
        metrics["calibration_error"] = calibration_error([Bin(**bin) for bin in tables["reliability"]])
    if corpus.labels is not None:
        scores = agreement(columns["cluster"], corpus.labels)
        if scores["classes"] > 1:
            baseline = _baseline(corpus, settings, int(metrics["clusters"]))
            metrics |= scores
        else:
            notes.append("the label column has only one class, so there is nothing to score against")
    return ReportContext(
        title=settings.reporting.title or Path(corpus.name).name or corpus.name,
        texts=all_texts(corpus),
        columns=columns,
        embeddings=embeddings,
        settings=settings.reporting,
        metrics=metrics,
        baseline=baseline,
        tables=tables,
        facts=_facts(corpus, settings, language_model, manifest["stages"]),
        notes=notes,
        lang=settings.lang,
        seed=settings.seed,
        distinct=corpus.unique_rows,
        names=given_names(read_edits(files)),
        tokenized=tokenized if len(tokenized) else None,
        others=corpus.others,
    )


def _tables(manifest: dict[str, Any]) -> dict[str, list[dict[str, Any]]]:
    """Return the tables that the stages left in the manifest."""
    return {
        name: value
        for name, value in manifest.items()
        if isinstance(value, list) and value and all(isinstance(row, dict) for row in value)
    }


def _robustness(files: RunFolder, manifest: dict[str, Any]) -> list[dict[str, Any]]:
    """Return what `robustness` measured of the groups that the run has now; empty if it did not."""
    if not files.robustness.exists():
        return []
    measured = read_json(files.robustness)
    return measured["rows"] if measured["groups"] == manifest["stages"]["groups"]["key"] else []


def _baseline(corpus: Corpus, settings: RunSettings, found: int) -> dict[str, dict[str, float]]:
    """Score k-means on TF-IDF and SVD on the same rows, with the requested number of clusters or, for auto, `found`."""
    given = settings.clustering.n_clusters
    clusters = max(found, 1) if given == "auto" else given
    name = "TF-IDF, SVD, k-means " + ("(as many clusters as this run)" if given == "auto" else f"({given} clusters)")
    labels = tfidf_kmeans(distinct_texts(corpus), clusters, settings.seed)
    return {name: agreement(to_rows(corpus, labels, -1), corpus.labels or [])}


def _facts(
    corpus: Corpus, settings: RunSettings, language_model: dict[str, Any] | None, stages: dict[str, Any]
) -> list[tuple[str, Value]]:
    counts = corpus.statistics
    facts: list[tuple[str, Value]] = [
        ("Texts", counts.rows),
        ("Distinct texts", counts.unique),
        ("Duplicates", counts.duplicates),
        ("Blank rows", counts.blank),
    ]
    if language_model:
        shown = ("objective", "parameters", "vocabulary", "perplexity", "bits_per_byte")
        facts += [(name.capitalize().replace("_", " "), language_model[name]) for name in shown]
        facts += [
            (f"Accuracy of {name}", f"{measured['accuracy']:.3f} (chance {measured['chance']:.3f})")
            for name, measured in language_model["pretext"].items()
            if measured
        ]
    facts += [("Method", settings.clustering.method), ("Seed", settings.seed)]
    return facts + [(f"Seconds for {name}", stage["seconds"]) for name, stage in stages.items() if name != "report"]


def _notes(files: RunFolder, corpus: Corpus, embeddings: np.ndarray, manifest: dict[str, Any]) -> list[str]:
    notes = [*corpus.notes, *load_clusterer(files.clusterer).notes_, *EncoderRecord.load(files.encoder).notes]
    if files.language_model.exists():
        notes += language_model_notes(files.language_model)
    notes += [made["note"] for made in manifest["stages"].values() if "note" in made]
    texts, learned = len(corpus.unique_rows), manifest.get("learned", math.inf)
    if learned < texts:
        notes.append(f"vectors were learned from {learned} of {texts} distinct texts: more did not fit in memory")
    unknown = int(np.count_nonzero(~embeddings.any(axis=1)) - corpus.statistics.blank)
    if unknown:
        notes.append(f"{unknown} texts contain no word that the encoder knows and are in no cluster")
    return notes
