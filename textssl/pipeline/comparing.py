"""Which clusters of two runs correspond, and which texts moved."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
from scipy.optimize import linear_sum_assignment
from scipy.sparse import coo_array
from sklearn.metrics import adjusted_rand_score

from textssl.corpus.corpus import Corpus, Texts
from textssl.corpus.reading import open_corpus
from textssl.errors import DataError
from textssl.pipeline.corpus_index import distinct_texts
from textssl.pipeline.results import Run, load_run
from textssl.results import Results
from textssl.run_folder import RunFolder


@dataclass(frozen=True)
class Comparison:
    """How the clusters of two runs correspond.

    Attributes:
        clusters: columns cluster, name and size of each cluster of the first run, largest first; other_cluster,
            other_name and other_size of its match in the second (-1, null and 0 if none); and shared, the number of
            texts in both. A cluster has at most one match, and the matches share as many texts as possible.
        rows: columns row and cluster of the first run, other_row and other_cluster of the second, moved (whether the
            cluster is not the match of the other) and text, for each text that both runs have, once.
        agreement: the adjusted Rand index of the two clusterings of these texts.
    """

    clusters: Results
    rows: Results
    agreement: float


def compare(folder: str | Path, other: str | Path) -> Comparison:
    """Compare the clusters of two finished runs, on the texts that both have.

    Args:
        folder: the first run.
        other: the second run, of the same texts or of others, some of which are equal.

    Raises:
        DataError: if one of the two is not finished, or they have no text in common.
    """
    runs = load_run(folder), load_run(other)
    corpora = [open_corpus(RunFolder(run.folder).corpus) for run in runs]
    rows, other_rows = _same_texts(*corpora)
    if not len(rows):
        raise DataError(f"{folder} and {other} have no text in common: compare runs of the same texts")
    labels, others = runs[0].labels[rows], runs[1].labels[other_rows]
    matches, shared = _matched(labels, others)
    moved = np.array([matches.get(label, -1) for label in labels.tolist()]) != others
    table = {"row": rows, "cluster": labels, "other_row": other_rows, "other_cluster": others, "moved": moved}
    agreement = float(adjusted_rand_score(labels, others))
    return Comparison(_clusters(*runs, matches, shared), Results({**table, "text": Texts(corpora[0], rows)}), agreement)


def _same_texts(corpus: Corpus, other: Corpus) -> tuple[np.ndarray, np.ndarray]:
    """Return the first row of each text that both have, in either."""
    of_text = dict(zip(distinct_texts(other), other.unique_rows.tolist(), strict=True))
    pairs = [
        (row, of_text[text])
        for text, row in zip(distinct_texts(corpus), corpus.unique_rows.tolist(), strict=True)
        if text in of_text
    ]
    rows = np.array(pairs, np.int64).reshape(-1, 2)
    return rows[:, 0], rows[:, 1]


def _matched(labels: np.ndarray, others: np.ndarray) -> tuple[dict[int, int], dict[int, int]]:
    """Return the match of each cluster, and how many texts are in both (Hungarian algorithm, Kuhn 1955)."""
    both = (labels >= 0) & (others >= 0)
    pairs = (np.ones(both.sum(), int), (labels[both], others[both]))
    counts = coo_array(pairs, shape=(labels.max() + 1, others.max() + 1)).toarray()
    matches, shared = {}, {}
    for cluster, match in zip(*linear_sum_assignment(-counts), strict=True):
        if counts[cluster, match]:
            matches[int(cluster)], shared[int(cluster)] = int(match), int(counts[cluster, match])
    return matches, shared


def _clusters(run: Run, other: Run, matches: dict[int, int], shared: dict[int, int]) -> Results:
    others = {cluster["id"]: cluster for cluster in other.clusters}
    found = [(cluster, others.get(matches.get(cluster["id"], -1))) for cluster in run.clusters]
    return Results(
        {
            "cluster": np.array([cluster["id"] for cluster, _ in found], np.int32),
            "name": pa.array([cluster["name"] for cluster, _ in found], pa.string()),
            "size": np.array([cluster["size"] for cluster, _ in found]),
            "other_cluster": np.array([match["id"] if match else -1 for _, match in found], np.int32),
            "other_name": pa.array([match["name"] if match else None for _, match in found], pa.string()),
            "other_size": np.array([match["size"] if match else 0 for _, match in found]),
            "shared": np.array([shared.get(cluster["id"], 0) for cluster, _ in found]),
        }
    )
