"""The head of levels: clusters coarser and finer than those of the run, each inside one of the level above."""

from collections.abc import Sequence

import numpy as np
from pyarrow import parquet

from textssl.clustering.hierarchy import Hierarchy
from textssl.clustering.saving import load_clusterer, load_hierarchy, save_hierarchy
from textssl.clustering.settings import level_numbers
from textssl.corpus.corpus import Corpus
from textssl.formats.registry import export
from textssl.pipeline.table import Head, Stage
from textssl.results import Results
from textssl.run_folder import RunFolder
from textssl.run_settings import RunSettings

_TREE, _TABLE = "hierarchy.safetensors", "levels.parquet"


def _build(files: RunFolder, corpus: Corpus, settings: RunSettings) -> str | None:
    """Build the hierarchy around the clusters of the run, and write the cluster of each row at each level."""
    labels = parquet.read_table(files.assignments, columns=["cluster"])["cluster"].to_numpy()
    vectors, distinct = np.load(files.embeddings, mmap_mode="r"), corpus.unique_rows
    hierarchy = Hierarchy(level_numbers(settings.hierarchy.levels), random_state=settings.seed)
    hierarchy.fit(vectors[distinct], labels[distinct])
    save_hierarchy(hierarchy, files.path(_TREE))
    columns = _columns(hierarchy.predict(vectors, labels))
    export(Results({"row": np.arange(len(corpus)), **columns}), "parquet", files.path(_TABLE))
    return "; ".join(hierarchy.notes_) or None


def _predict(files: RunFolder, vectors: np.ndarray, texts: Sequence[str]) -> dict[str, np.ndarray]:
    labels = load_clusterer(files.clusterer).predict(vectors)
    return _columns(load_hierarchy(files.path(_TREE)).predict(vectors, labels))


def _columns(levels: np.ndarray) -> dict[str, np.ndarray]:
    return {f"level_{number}": clusters for number, clusters in enumerate(levels, 1)}


LEVELS = Head(
    Stage(
        "levels",
        _build,
        reads=("corpus", "embeddings", "clusterer", "assignments"),
        writes=(_TREE, _TABLE),
        settings=("hierarchy.levels", "seed"),
    ),
    table=_TABLE,
    predict=_predict,
)
