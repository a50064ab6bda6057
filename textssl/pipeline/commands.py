"""Single stages on their own: embed texts, cluster or reduce vectors from any source, find near-duplicates."""

from pathlib import Path

import numpy as np

from textssl.clustering.clustering import Clustering, cluster
from textssl.corpus.corpus import Corpus
from textssl.corpus.near_duplicates import NearDuplicates, near_duplicates
from textssl.corpus.reading import TextSource, open_corpus
from textssl.encoder.inference.encode import encode, load_encoder
from textssl.formats.registry import read_embeddings
from textssl.pipeline.corpus_index import all_texts, cluster_columns, results_of
from textssl.pipeline.reading import read_input
from textssl.pipeline.results import load_run
from textssl.reduction.base import Reducer
from textssl.reduction.reduction import reduce
from textssl.results import Results
from textssl.run_folder import RunFolder, encoder_folder, require_finished
from textssl.run_settings import RunSettings


def embed(encoder: str | Path, source: TextSource, settings: RunSettings | None = None) -> Results:
    """Encode texts; a blank text gets a vector of zeros.

    Args:
        encoder: a run, or a SentenceTransformer folder.
        source: any source that `read_corpus` reads; it may have no texts.
        settings: how to read and encode; None takes the defaults.

    Returns:
        Columns row, text and embedding, (n, d) float32, and the input's other columns, one row per text.
    """
    settings = settings or RunSettings()
    model = load_encoder(encoder_folder(encoder))
    corpus = read_input(source, settings.corpus, settings.lang, need_texts=False)
    return results_of(corpus, {"embedding": encode(model, all_texts(corpus), compute=settings.embedding.compute)})


def cluster_embeddings(embeddings: np.ndarray, settings: RunSettings) -> tuple[Results, Clustering]:
    """Cluster vectors.

    Args:
        embeddings: (n, d), one vector per row.
        settings: `clustering` and `seed`.

    Returns:
        The columns row, cluster, probability, second_cluster and second_probability; and the clustering itself.
    """
    found = cluster(embeddings, settings.clustering, settings.seed)
    return Results({"row": np.arange(len(embeddings)), **cluster_columns(found)}), found


def find_duplicates(
    source: TextSource, similarity: float = 0.8, settings: RunSettings | None = None
) -> tuple[Results, NearDuplicates]:
    """Find the near-duplicates among texts; see `near_duplicates`.

    Args:
        source: a finished run, or any source that `read_corpus` reads.
        similarity: the least share of their words that two texts have in common. Default 0.8.
        settings: how to read; None takes the defaults.

    Returns:
        Columns row, group (texts connected by pairs share a number; -1 without near-duplicates), similar_row (the most
        similar text, -1 if none), similarity to it and text, one row per text; and the pairs.
    """
    corpus = _corpus_of(source, settings or RunSettings())
    found = near_duplicates(all_texts(corpus), similarity)
    nearest, highest = np.full(len(corpus), -1), np.zeros(len(corpus), np.float32)
    order = np.argsort(found.similarities, kind="stable")  # the most similar is written last
    for one, other in ((0, 1), (1, 0)):
        rows, values = found.pairs[order, one], found.similarities[order]
        better = values >= highest[rows]
        nearest[rows[better]], highest[rows[better]] = found.pairs[order, other][better], values[better]
    columns = {"group": found.groups, "similar_row": nearest, "similarity": highest}
    return results_of(corpus, columns), found


def _corpus_of(source: TextSource, settings: RunSettings) -> Corpus:
    """Return the corpus of a run, or read the source."""
    files = RunFolder(Path(source)) if isinstance(source, str | Path) else None
    if files and files.manifest.exists():
        require_finished(files)
        return open_corpus(files.corpus)
    return read_input(source, settings.corpus, settings.lang)


def reduce_embeddings(source: str | Path, dimensions: int, settings: RunSettings) -> tuple[Results, Reducer]:
    """Reduce the vectors of a run or a file.

    Args:
        source: a finished run, or a file that `read_embeddings` reads.
        dimensions: the number of dimensions to reduce to.
        settings: `reduction` and `seed`.

    Returns:
        The columns row and embedding, the reduced vectors, (n, dimensions) float32, and of a run also its texts and the
        input's other columns; and the fitted reducer.
    """
    if Path(source).is_dir():
        reduced = reduce(load_run(source).embeddings, dimensions, settings.reduction, settings.seed)
        columns = {"embedding": reduced.vectors}
        return results_of(open_corpus(RunFolder(Path(source)).corpus), columns), reduced.reducer
    reduced = reduce(read_embeddings(source), dimensions, settings.reduction, settings.seed)
    return Results({"row": np.arange(len(reduced.vectors)), "embedding": reduced.vectors}), reduced.reducer
