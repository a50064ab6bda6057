"""The words that set a cluster apart, by c-TF-IDF."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import sparse

from textssl.reporting.words import tokenize

__all__ = ["Keyword", "cluster_keywords", "tokenize"]

# Nats by which a word's spread over the clusters must differ from that of all words for it to name one of them.
_EVEN = 0.05


@dataclass(frozen=True)
class Keyword:
    """A word of a cluster and its c-TF-IDF weight."""

    word: str
    weight: float


def cluster_keywords(
    texts: Sequence[str], labels: np.ndarray, lang: str = "en", top: int = 10, per_cluster: int = 1000
) -> dict[int, list[Keyword]]:
    """Return the `top` keywords of each cluster, heaviest first.

    c-TF-IDF (Grootendorst 2022, "BERTopic"): the share of a word in its cluster times log(1 + A / f), f its count
    over all clusters, A the mean number of words in a cluster. Words spread evenly over the clusters (function words
    of languages without a stop list) come after all others. Of a cluster with more than `per_cluster` texts, as many
    evenly spaced ones are read. Noise (-1) is no cluster and is not read.
    """
    labels = np.asarray(labels)
    clusters = [int(label) for label in np.unique(labels) if label >= 0]
    rows = {cluster: _evenly(np.flatnonzero(labels == cluster), per_cluster) for cluster in clusters}
    if not clusters:
        return {}
    words = iter(tokenize((texts[int(row)] for cluster in clusters for row in rows[cluster]), lang))
    counted = [Counter(word for _ in rows[cluster] for word in next(words)) for cluster in clusters]
    vocabulary = sorted({word for counts in counted for word in counts})
    counts = _matrix(counted, vocabulary)
    weights, even = _ctfidf(counts), _even_words(counts)
    return {cluster: _heaviest(weights[[i]], even, vocabulary, top) for i, cluster in enumerate(clusters)}


def _evenly(rows: np.ndarray, count: int) -> np.ndarray:
    """Return at most `count` of `rows`, evenly spaced."""
    if len(rows) <= count:
        return rows
    return rows[np.linspace(0, len(rows) - 1, count).astype(np.int64)]


def _matrix(counted: list[Counter[str]], vocabulary: list[str]) -> sparse.csr_array:
    column = {word: i for i, word in enumerate(vocabulary)}
    rows = np.repeat(np.arange(len(counted)), [len(counts) for counts in counted])
    columns = [column[word] for counts in counted for word in counts]
    values = [count for counts in counted for count in counts.values()]
    return sparse.csr_array((np.array(values, float), (rows, columns)), shape=(len(counted), len(vocabulary)))


def _ctfidf(counts: sparse.csr_array) -> sparse.csr_array:
    in_cluster = np.maximum(counts.sum(axis=1), 1)
    rarity = np.log1p(in_cluster.mean() / counts.sum(axis=0))
    return (counts.multiply(1 / in_cluster[:, None]).multiply(rarity)).tocsr()


def _even_words(counts: sparse.csr_array) -> np.ndarray:
    """Return a mask of the words spread over the clusters as all words are (Kullback-Leibler, in nats)."""
    if counts.shape[0] < 2:
        return np.zeros(counts.shape[1], bool)
    share = counts.sum(axis=1) / max(counts.sum(), 1)
    cells = counts.tocoo()
    p = cells.data / counts.sum(axis=0)[cells.col]
    divergence = np.bincount(cells.col, p * np.log(p / share[cells.row]), minlength=counts.shape[1])
    return divergence < _EVEN


def _heaviest(weights: sparse.csr_array, even: np.ndarray, vocabulary: list[str], top: int) -> list[Keyword]:
    """Return the heaviest words of one row; ties by the alphabet, evenly spread words last."""
    order = np.lexsort((weights.indices, -weights.data, even[weights.indices]))[:top]
    return [Keyword(vocabulary[weights.indices[i]], float(weights.data[i])) for i in order]
