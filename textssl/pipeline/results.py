"""Finished runs: loading, exporting, predicting the clusters of new texts, evaluating."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypedDict

import numpy as np
import pyarrow as pa

from textssl.config import build
from textssl.corpus.build import with_labels
from textssl.corpus.reading import TextSource, open_corpus
from textssl.corpus.settings import CorpusSettings
from textssl.errors import DataError
from textssl.pipeline.corpus_index import distinct_texts, places_of, results_of
from textssl.pipeline.heads import head_columns, predicted_columns
from textssl.pipeline.reading import read_input
from textssl.pipeline.reports import clear_damage, write_report
from textssl.results import Column, Results
from textssl.run_folder import RunFolder, read_json, require_finished
from textssl.run_settings import RunSettings


class Metrics(TypedDict):
    """The contents of metrics.json: scores by name, of the run and of each baseline, and the tables of the stages."""

    groups: dict[str, float]
    baseline: dict[str, dict[str, float]]
    choice: list[dict[str, float | None]]
    reliability: list[dict[str, float]]
    oddest: list[dict[str, str | float]]
    robustness: list[dict[str, str | float]]
    language_model: dict[str, str | float | list[float] | list[str]] | None


class ClusterSummary(TypedDict):
    """A cluster in clusters.json; its representatives are rows."""

    id: int
    name: str
    size: int
    keywords: list[str]
    representatives: list[int]


@dataclass(frozen=True)
class Run:
    """A finished run; arrays have one entry per row of the input.

    Attributes:
        folder: the folder of the run.
        embeddings: float32 (n, d), a memory map; zero for a blank row.
        columns: what each head found, by the name of the column, one entry per row.
        clusters: id, size, keywords and representative rows of each cluster, largest first.
        metrics: the scores in metrics.json.
    """

    folder: Path
    embeddings: np.ndarray
    columns: dict[str, np.ndarray]
    clusters: list[ClusterSummary]
    metrics: Metrics

    @property
    def labels(self) -> np.ndarray:
        """int32 (n,), the cluster of each row, -1 for noise."""
        return self.columns["cluster"]

    @property
    def probabilities(self) -> np.ndarray:
        """float32 (n,), the share of such rows that keep their cluster in a model of half of the texts."""
        return self.columns["probability"]

    @property
    def second_labels(self) -> np.ndarray:
        """int32 (n,), the second-best cluster, -1 if there is none."""
        return self.columns["second_cluster"]

    @property
    def second_probabilities(self) -> np.ndarray:
        """float32 (n,), the probability of the second-best cluster."""
        return self.columns["second_probability"]


def load_run(folder: str | Path) -> Run:
    """Load a finished run.

    Args:
        folder: the folder of the run.

    Raises:
        DataError: if the folder contains no run, an unfinished one, or one of another format.
    """
    files = RunFolder(Path(folder))
    require_finished(files)
    with clear_damage(files):
        return Run(
            folder=files.root,
            embeddings=np.load(files.embeddings, mmap_mode="r"),
            columns=head_columns(files),
            clusters=read_json(files.clusters),
            metrics=read_json(files.metrics),
        )


def exported(folder: str | Path) -> Results:
    """Return all columns of a finished run, one row per text, ready to export.

    Args:
        folder: the run.

    Returns:
        The columns of all heads, cluster_name, and embedding, (n, d) float32, a memory map.

    Raises:
        DataError: if the folder contains no finished run, or one of another format.
    """
    run = load_run(folder)
    columns = {**_named(run.columns, run.clusters), "embedding": run.embeddings}
    return results_of(open_corpus(RunFolder(run.folder).corpus), columns)


def predict_clusters(folder: str | Path, source: TextSource, settings: CorpusSettings | None = None) -> Results:
    """Assign each text of `source` to a cluster of a finished run.

    A text that is blank, or has no word that the encoder knows, gets cluster -1 and probability 0.

    Args:
        folder: the run.
        source: any source that `read_corpus` reads; it may have no texts.
        settings: columns and unit of the source; texts are cleaned like those of the run. None takes the defaults.

    Returns:
        A table with the columns row, cluster, cluster_name, probability, second_cluster, second_probability, those of
        the other heads and text, and the other columns of `source`; one row per row of `source`.

    Raises:
        DataError: if the run is not finished, or `source` cannot be read.
    """
    from textssl.encoder.inference.encode import encode

    files = RunFolder(Path(folder))
    manifest = require_finished(files)
    made = build(RunSettings, manifest["settings"])
    settings = replace(settings or CorpusSettings(), strip_markup=made.corpus.strip_markup)
    corpus = read_input(source, settings, made.lang, need_texts=False)
    texts = distinct_texts(corpus)
    vectors = encode(files.encoder, texts)
    with_blank = np.vstack([vectors, np.zeros_like(vectors, shape=(1, vectors.shape[1]))])
    columns = predicted_columns(files, with_blank, [*texts, ""])
    places = places_of(corpus)  # of a blank row -1: that of the blank text
    columns = {name: column[places] for name, column in columns.items()}
    return results_of(corpus, _named(columns, read_json(files.clusters)))


def _named(columns: dict[str, np.ndarray], clusters: list[ClusterSummary]) -> dict[str, Column]:
    """Return the columns with the name of each row's cluster after its number; null in no cluster."""
    labels, names = columns["cluster"], {cluster["id"]: cluster["name"] for cluster in clusters}
    of_cluster = pa.array([names.get(label) for label in range(max(names, default=-1) + 1)], pa.string())
    named = of_cluster.take(pa.array(labels, mask=labels < 0))
    return {"cluster": labels, "cluster_name": named, **{name: columns[name] for name in columns if name != "cluster"}}


def evaluate(folder: str | Path, label_column: str = "") -> Metrics:
    """Score the clusters of a finished run against known classes; add the scores to its metrics and report.

    Args:
        folder: the run.
        label_column: a column of the run's input; empty for the label column that the run was given.

    Returns:
        The metrics, as in metrics.json.

    Raises:
        DataError: if there are no labels, or only one class.
        UsageError: if the input has no such column.
    """
    files = RunFolder(Path(folder))
    manifest = require_finished(files)
    settings = build(RunSettings, manifest["settings"])
    corpus = open_corpus(files.corpus)
    if label_column:
        corpus = with_labels(corpus, label_column)
    if corpus.labels is None:
        raise DataError(f"{folder} has no labels: name a column with --label-column")
    if len(set(corpus.labels) - {None}) == 1:
        raise DataError("the label column has only one class: name a column with several")
    write_report(files, corpus, settings)
    return read_json(files.metrics)
