"""The words that set a cluster apart, by c-TF-IDF, and the names made of them."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import sparse

from textssl.language.words import tokenize

__all__ = ["Keyword", "cluster_keywords", "cluster_names", "tokenize"]

# Nats by which a word's spread over the clusters must differ from that of all words for it to name one of them.
_EVEN = 0.05
# A number or a single letter ranks like a word if at least this share of its uses lies in the cluster, where it is used
# at least this often relative to the most frequent word.
_OWN, _OFTEN = 0.8, 0.25
# Keywords in a cluster's name.
_NAMED = 3


@dataclass(frozen=True)
class Keyword:
    """A word of a cluster and its c-TF-IDF weight."""

    word: str
    weight: float


def cluster_keywords(
    texts: Sequence[str], labels: np.ndarray, lang: str = "en", top: int = 10, per_cluster: int = 1000
) -> dict[int, list[Keyword]]:
    """Return the `top` keywords of each cluster, best first.

    c-TF-IDF (Grootendorst 2022, "BERTopic"): the share of a word in its cluster times log(1 + A / f), f its count
    over all clusters, A the mean number of words in a cluster. Words spread evenly over the clusters (function words
    of languages without a stop list) come after the others, numbers and single letters last unless they are frequent in
    one cluster and rare elsewhere. A cluster that has nothing but stop words is described by these, one without any
    word by its signs and emoji; only a cluster of blank texts has no keywords.

    Args:
        texts: n texts, read by index.
        labels: (n,) cluster of each text; noise (-1) is no cluster and is not read.
        lang: language of the texts.
        top: how many keywords at most.
        per_cluster: texts read of each cluster, evenly spaced.
    """
    labels = np.asarray(labels)
    keywords: dict[int, list[Keyword]] = {int(label): [] for label in np.unique(labels) if label >= 0}
    for keep in ("topics", "words", "all"):
        bare = [cluster for cluster in keywords if not keywords[cluster]]
        if not bare:
            break
        rows = [_evenly(np.flatnonzero(labels == cluster), per_cluster) for cluster in bare]
        words = iter(tokenize((texts[int(row)] for members in rows for row in members), lang, keep))
        counted = [Counter(word for _ in members for word in next(words)) for members in rows]
        keywords |= dict(zip(bare, _weighed(counted, top), strict=True))
    return keywords


def cluster_names(
    keywords: Mapping[int, Sequence[Keyword]],
    texts: Sequence[str],
    labels: np.ndarray,
    lang: str = "en",
    per_cluster: int = 1000,
) -> dict[int, str]:
    """Return a name for each cluster, no two alike: its first three keywords.

    Clusters that share these are named by the first keyword and the words that tell them apart, or by their number if
    there are none.

    Args:
        keywords: of each cluster, as `cluster_keywords` gives them.
        texts: n texts, read by index.
        labels: (n,) cluster of each text.
        lang: language of the texts.
        per_cluster: texts read of each cluster, evenly spaced.
    """
    words = {cluster: [keyword.word for keyword in found] or ["cluster"] for cluster, found in keywords.items()}
    alike: dict[frozenset[str], list[int]] = defaultdict(list)
    for cluster, found in words.items():
        alike[frozenset(found[:_NAMED])].append(cluster)
    for clusters in (clusters for clusters in alike.values() if len(clusters) > 1):
        among = np.where(np.isin(labels, clusters), labels, -1)
        apart = cluster_keywords(texts, among, lang, per_cluster=per_cluster)
        shared = set.intersection(*({keyword.word for keyword in apart[cluster]} for cluster in clusters))
        for cluster in clusters:
            first, *others = words[cluster]
            telling = [keyword.word for keyword in apart[cluster] if keyword.word not in {*shared, first}]
            words[cluster] = [first, *telling, *others]
    named = {cluster: found[:_NAMED] for cluster, found in words.items()}
    sharing = Counter(frozenset(found) for found in named.values())
    return {
        cluster: ", ".join(found) + (f" ({cluster})" if sharing[frozenset(found)] > 1 else "")
        for cluster, found in named.items()
    }


def _evenly(rows: np.ndarray, count: int) -> np.ndarray:
    """Return at most `count` of `rows`, evenly spaced."""
    if len(rows) <= count:
        return rows
    return rows[np.linspace(0, len(rows) - 1, count).astype(np.int64)]


def _weighed(counted: list[Counter[str]], top: int) -> list[list[Keyword]]:
    """Return the `top` keywords of each cluster, given how often it uses each word."""
    vocabulary = sorted({word for counts in counted for word in counts})
    counts = _matrix(counted, vocabulary)
    slight = np.array([len(word) == 1 or not any(map(str.isalpha, word)) for word in vocabulary], bool)
    sizes = np.maximum(
        counts @ ~slight, 1
    )  # in words, so that a table of numbers does not outweigh the words of its cluster
    weights, even = _ctfidf(counts, sizes), _even_words(counts, sizes)
    uses = np.asarray(counts.sum(axis=0))
    keywords = []
    for row in range(len(counted)):
        weight, here = weights[[row]], counts[[row]]
        words = weight.indices
        telling = slight[words] & (here.data >= np.maximum(_OWN * uses[words], _OFTEN * here.data.max(initial=0)))
        rank = np.where(slight[words], 2, even[words])
        rank[telling] = rank.min(initial=2)
        order = np.lexsort((words, -weight.data, rank))[:top]
        keywords.append([Keyword(vocabulary[words[i]], float(weight.data[i])) for i in order])
    return keywords


def _matrix(counted: list[Counter[str]], vocabulary: list[str]) -> sparse.csr_array:
    column = {word: i for i, word in enumerate(vocabulary)}
    rows = np.repeat(np.arange(len(counted)), [len(counts) for counts in counted])
    columns = np.array([column[word] for counts in counted for word in counts], np.int64)
    values = [count for counts in counted for count in counts.values()]
    matrix = sparse.csr_array((np.array(values, float), (rows, columns)), shape=(len(counted), len(vocabulary)))
    matrix.sort_indices()
    return matrix


def _ctfidf(counts: sparse.csr_array, sizes: np.ndarray) -> sparse.csr_array:
    rarity = np.log1p(sizes.mean() / counts.sum(axis=0))
    return (counts.multiply(1 / sizes[:, None]).multiply(rarity)).tocsr()


def _even_words(counts: sparse.csr_array, sizes: np.ndarray) -> np.ndarray:
    """Return a mask of the words spread over the clusters as all words are (Kullback-Leibler, in nats)."""
    if counts.shape[0] < 2:
        return np.zeros(counts.shape[1], bool)
    share = sizes / sizes.sum()
    cells = counts.tocoo()
    p = cells.data / counts.sum(axis=0)[cells.col]
    divergence = np.bincount(cells.col, p * np.log(p / share[cells.row]), minlength=counts.shape[1])
    return divergence < _EVEN
