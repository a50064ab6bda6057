"""Which texts of a run to label first."""

from pathlib import Path

from textssl.classification.choosing import choose_rows
from textssl.corpus.reading import open_corpus
from textssl.errors import UsageError
from textssl.pipeline.results import load_run
from textssl.results import Results
from textssl.run_folder import RunFolder


def choose(folder: str | Path, count: int = 40, seed: int = 0) -> Results:
    """Choose the texts of a run that are worth labelling first.

    They cover the groups of the run and those of k-means at several numbers of clusters as evenly as possible, typical
    texts before odd ones.

    Args:
        folder: the run.
        count: number of texts. Default 40.
        seed: the random seed. Default 0.

    Returns:
        A table with the columns row, cluster, label and text, and the other columns of the input, the most informative
        text first; label is empty, to be filled in.

    Raises:
        DataError: if the run is not finished, or has fewer distinct texts than `count`.
        UsageError: if `count` is below 1.
    """
    if count < 1:
        raise UsageError(f"count must be a whole number >= 1, got {count}")
    run = load_run(folder)
    rows = choose_rows(run.embeddings, count, seed, [run.labels])
    corpus = open_corpus(RunFolder(run.folder).corpus)
    columns = {"row": rows, "cluster": run.labels[rows], "label": [""] * count, "text": corpus.texts(rows)}
    return Results(columns, None if corpus.others is None else corpus.others.take(rows))
