"""The head that clusters the vectors: who belongs where."""

from collections.abc import Sequence
from dataclasses import asdict

import numpy as np

from textssl.clustering.clustering import cluster
from textssl.clustering.saving import load_clusterer, save_clusterer
from textssl.corpus.corpus import Corpus
from textssl.formats.registry import export
from textssl.language.bag_of_words import load_bags
from textssl.pipeline.corpus_index import assigned, cluster_columns, places_of
from textssl.pipeline.table import Head, Stage
from textssl.run_folder import RunFolder, read_manifest, write_manifest
from textssl.run_settings import RunSettings


def _group(files: RunFolder, corpus: Corpus, settings: RunSettings) -> None:
    """Group the vectors, write who belongs where, and keep what was compared and how reliable it is in the manifest."""
    vectors, places = np.load(files.embeddings, mmap_mode="r"), places_of(corpus)
    weights = np.bincount(places[places >= 0], minlength=len(corpus.unique_rows)).astype(float)
    if len(weights) < len(corpus):
        vectors = vectors[corpus.unique_rows]
    bags = load_bags(files.bags) if files.bags.exists() else None
    found = cluster(vectors, settings.clustering, settings.seed, weights, bags=bags)
    found.clusterer.notes_ = found.notes  # also how the number of clusters and the method came about
    save_clusterer(found.clusterer, files.clusterer)
    export(assigned(corpus, found), "parquet", files.assignments)
    choice, reliability = [asdict(row) for row in found.choice], [asdict(row) for row in found.reliability]
    write_manifest(files, read_manifest(files) | {"choice": choice, "reliability": reliability})


def _predict(files: RunFolder, vectors: np.ndarray, texts: Sequence[str]) -> dict[str, np.ndarray]:
    return cluster_columns(load_clusterer(files.clusterer).assign(vectors))


GROUPS = Head(
    Stage(
        "groups",
        _group,
        reads=("corpus", "bags", "embeddings"),
        writes=("clusterer", "assignments"),
        settings=("clustering", "seed"),
    ),
    table="assignments",
    predict=_predict,
)
