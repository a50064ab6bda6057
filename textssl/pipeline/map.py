"""The head that maps the texts: two coordinates of each, of which the report draws a sample."""

from collections.abc import Sequence

import numpy as np

from textssl.corpus.corpus import Corpus
from textssl.estimators.validation import VectorError
from textssl.formats.registry import export
from textssl.pipeline.table import Head, Stage
from textssl.reduction.base import Reducer
from textssl.reduction.pca import PCA
from textssl.reduction.reduction import make_reducer
from textssl.reduction.saving import load_reducer, save_reducer
from textssl.results import Results
from textssl.run_folder import RunFolder
from textssl.run_settings import RunSettings


def _map(files: RunFolder, corpus: Corpus, settings: RunSettings) -> None:
    """Place every row on the map, and keep the reducer, which places new texts."""
    vectors = np.load(files.embeddings, mmap_mode="r")
    reducer = _fitted(vectors, settings)
    save_reducer(reducer, files.reducer)
    export(Results({"row": np.arange(len(vectors)), **_coordinates(reducer, vectors)}), "parquet", files.coordinates)


def _fitted(vectors: np.ndarray, settings: RunSettings) -> Reducer:
    """Return the fitted reducer; PCA for texts too few for it, and for texts all alike one that gives the origin."""
    for reducer in (make_reducer(settings.reduction, 2, settings.seed), PCA()):
        try:
            return reducer.fit(vectors)
        except VectorError:
            continue
    return PCA.of_origin(vectors.shape[1])


def _predict(files: RunFolder, vectors: np.ndarray, texts: Sequence[str]) -> dict[str, np.ndarray]:
    return _coordinates(load_reducer(files.reducer), vectors)


def _coordinates(reducer: Reducer, vectors: np.ndarray) -> dict[str, np.ndarray]:
    return dict(zip(("x", "y"), reducer.transform(vectors).T, strict=True))


MAP = Head(
    Stage(
        "map",
        _map,
        reads=("corpus", "embeddings"),
        writes=("reducer", "coordinates"),
        settings=("reduction", "seed"),
    ),
    table="coordinates",
    predict=_predict,
)
