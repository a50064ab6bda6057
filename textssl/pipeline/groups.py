"""The head that clusters the vectors: who belongs where."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from textssl.clustering.clustering import Clustering, cluster
from textssl.clustering.saving import load_clusterer, save_clusterer
from textssl.clustering.settings import ClusteringSettings
from textssl.corpus.corpus import Corpus
from textssl.formats.registry import export
from textssl.pipeline.corpus_index import assigned, cluster_columns, places_of, results_of
from textssl.pipeline.table import Head, Stage
from textssl.run_folder import RunFolder, read_manifest, write_manifest
from textssl.run_settings import RunSettings


def _predict(files: RunFolder, vectors: np.ndarray) -> dict[str, np.ndarray]:
    return cluster_columns(load_clusterer(files.clusterer).assign(vectors))


def _group(files: RunFolder, corpus: Corpus, settings: RunSettings) -> None:
    """Group the vectors and write who belongs where."""
    vectors, places = np.load(files.embeddings, mmap_mode="r"), places_of(corpus)
    weights = np.bincount(places[places >= 0], minlength=len(corpus.unique_rows)).astype(float)
    if len(weights) < len(corpus):
        vectors = vectors[corpus.unique_rows]
    found = clustered(files, vectors, settings.clustering, settings.seed, weights)
    found.clusterer.notes_ = found.notes  # also how the number of clusters and the method came about
    save_clusterer(found.clusterer, files.clusterer)
    export(assigned(corpus, found), "parquet", files.assignments)


def _assign_refined(files: RunFolder, corpus: Corpus, settings: RunSettings) -> None:
    """Write who belongs where by the clusterer that was refined together with the vectors."""
    columns = _predict(files, np.load(files.embeddings, mmap_mode="r"))
    export(results_of(corpus, columns), "parquet", files.assignments)


def clustered(
    files: RunFolder, vectors: np.ndarray, settings: ClusteringSettings, seed: int, weights: np.ndarray | None = None
) -> Clustering:
    """Group vectors by the settings, and keep what was compared and how reliable it is in the manifest."""
    found = cluster(vectors, settings, seed, weights)
    write_down(files, choice=found.choice, reliability=found.reliability)
    return found


def write_down(files: RunFolder, **tables: Sequence[Any]) -> None:
    """Keep tables of dataclasses in the manifest, for the report."""
    write_manifest(files, read_manifest(files) | {name: [asdict(row) for row in rows] for name, rows in tables.items()})


_FITTED = Stage(
    "groups",
    _group,
    reads=("corpus", "embeddings"),
    writes=("clusterer", "assignments"),
    settings=("clustering", "seed"),
)
_REFINED = Stage(
    "groups", _assign_refined, reads=("corpus", "embeddings", "clusterer"), writes=("assignments",), settings=()
)
GROUPS = Head(lambda refined: _REFINED if refined else _FITTED, table="assignments", predict=_predict)
