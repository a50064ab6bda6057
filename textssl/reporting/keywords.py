"""The words that set a cluster apart, by c-TF-IDF, and the names made of them."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import sparse

from textssl.language.texts import texts_at
from textssl.language.words import Keep, TokenizedTexts, split_words

# A word whose distribution over the clusters diverges from that of all words by less (in nats) describes no cluster.
_LEAST_DIVERGENCE = 0.05
# A number or a single letter ranks like a word if at least this share of its uses lies in the cluster, and it is used
# there at least this often relative to the cluster's most frequent word.
_LEAST_SHARE, _LEAST_FREQUENCY = 0.8, 0.25
# Keywords in a cluster's name.
_NAME_LENGTH = 3


@dataclass(frozen=True)
class Keyword:
    """A word of a cluster and its c-TF-IDF weight."""

    word: str
    weight: float


def cluster_keywords(
    texts: Sequence[str],
    labels: np.ndarray,
    lang: str = "en",
    top: int = 10,
    per_cluster: int = 1000,
    tokenized: TokenizedTexts | None = None,
) -> dict[int, list[Keyword]]:
    """Return the `top` keywords of each cluster, best first.

    c-TF-IDF (Grootendorst 2022, "BERTopic"): the share of a word in its cluster times log(1 + A / f), where f is its
    count over all clusters and A the mean number of words in a cluster. Words spread evenly over the clusters (function
    words of languages without a stop list) rank after the others. Numbers and single letters rank last unless they are
    frequent in one cluster and rare elsewhere. A cluster of stop words only is described by its stop words, and a
    cluster without words by its punctuation and emoji; only a cluster of blank texts has no keywords.

    Args:
        texts: n texts, read by index.
        labels: (n,) cluster of each text; noise (-1) is not read.
        lang: language of the texts.
        top: maximum number of keywords per cluster.
        per_cluster: maximum number of texts read per cluster, evenly spaced.
        tokenized: the texts split into tokens; None splits those that are read.
    """
    labels = np.asarray(labels)
    keywords: dict[int, list[Keyword]] = {int(label): [] for label in np.unique(labels) if label >= 0}
    keeps: tuple[Keep, ...] = ("topics", "words", "all")
    for keep in keeps:
        without = [cluster for cluster in keywords if not keywords[cluster]]
        if not without:
            break
        rows = [_evenly_spaced(np.flatnonzero(labels == cluster), per_cluster) for cluster in without]
        read = np.concatenate(rows)
        words = iter(tokenized.words(read, keep) if tokenized else split_words(texts_at(texts, read), lang, keep))
        counts = [Counter(word for _ in members for word in next(words)) for members in rows]
        keywords |= dict(zip(without, _ranked(counts, top), strict=True))
    return keywords


def cluster_names(
    keywords: Mapping[int, Sequence[Keyword]],
    texts: Sequence[str],
    labels: np.ndarray,
    lang: str = "en",
    per_cluster: int = 1000,
    tokenized: TokenizedTexts | None = None,
) -> dict[int, str]:
    """Return a unique name for each cluster: its first three keywords.

    Clusters that share these are named by their first keyword and the words that distinguish them, with their number
    added if no word does.

    Args:
        keywords: keywords of each cluster, as `cluster_keywords` returns them.
        texts: n texts, read by index.
        labels: (n,) cluster of each text.
        lang: language of the texts.
        per_cluster: maximum number of texts read per cluster, evenly spaced.
        tokenized: the texts split into tokens; None splits those that are read.
    """
    words = {cluster: [keyword.word for keyword in found] or ["cluster"] for cluster, found in keywords.items()}
    same_name: dict[frozenset[str], list[int]] = defaultdict(list)
    for cluster, found in words.items():
        same_name[frozenset(found[:_NAME_LENGTH])].append(cluster)
    for clusters in (clusters for clusters in same_name.values() if len(clusters) > 1):
        only_these = np.where(np.isin(labels, clusters), labels, -1)
        contrasted = cluster_keywords(texts, only_these, lang, per_cluster=per_cluster, tokenized=tokenized)
        shared = set.intersection(*({keyword.word for keyword in contrasted[cluster]} for cluster in clusters))
        for cluster in clusters:
            first, *others = words[cluster]
            distinctive = [keyword.word for keyword in contrasted[cluster] if keyword.word not in {*shared, first}]
            words[cluster] = [first, *distinctive, *others]
    names = {cluster: found[:_NAME_LENGTH] for cluster, found in words.items()}
    uses = Counter(frozenset(name) for name in names.values())
    return {
        cluster: ", ".join(name) + (f" ({cluster})" if uses[frozenset(name)] > 1 else "")
        for cluster, name in names.items()
    }


def _evenly_spaced(rows: np.ndarray, count: int) -> np.ndarray:
    """Return at most `count` of `rows`, evenly spaced."""
    if len(rows) <= count:
        return rows
    return rows[np.linspace(0, len(rows) - 1, count).astype(np.int64)]


def _ranked(counts: list[Counter[str]], top: int) -> list[list[Keyword]]:
    """Return the `top` keywords of each cluster, given how often each cluster uses each word."""
    vocabulary = sorted({word for counter in counts for word in counter})
    matrix = _count_matrix(counts, vocabulary)
    minor = np.array([len(word) == 1 or not any(map(str.isalpha, word)) for word in vocabulary], bool)
    # Numbers do not count towards the size of a cluster: a table of numbers would outweigh its words.
    sizes = np.maximum(matrix @ ~minor, 1)
    weights, even = _ctfidf(matrix, sizes), _evenly_spread(matrix, sizes)
    uses = np.asarray(matrix.sum(axis=0))
    keywords = []
    for row in range(len(counts)):
        weight, count = weights[[row]], matrix[[row]]
        words = weight.indices
        least = np.maximum(_LEAST_SHARE * uses[words], _LEAST_FREQUENCY * count.data.max(initial=0))
        rank = np.where(minor[words], 2, even[words])
        rank[minor[words] & (count.data >= least)] = rank.min(initial=2)
        order = np.lexsort((words, -weight.data, rank))[:top]
        keywords.append([Keyword(vocabulary[words[i]], float(weight.data[i])) for i in order])
    return keywords


def _count_matrix(counts: list[Counter[str]], vocabulary: list[str]) -> sparse.csr_array:
    """Return how often each cluster uses each word, (clusters, words)."""
    column = {word: i for i, word in enumerate(vocabulary)}
    rows = np.repeat(np.arange(len(counts)), [len(counter) for counter in counts])
    columns = np.array([column[word] for counter in counts for word in counter], np.int64)
    values = [count for counter in counts for count in counter.values()]
    matrix = sparse.csr_array((np.array(values, float), (rows, columns)), shape=(len(counts), len(vocabulary)))
    matrix.sort_indices()
    return matrix


def _ctfidf(counts: sparse.csr_array, sizes: np.ndarray) -> sparse.csr_array:
    rarity = np.log1p(sizes.mean() / counts.sum(axis=0))
    return (counts.multiply(1 / sizes[:, None]).multiply(rarity)).tocsr()


def _evenly_spread(counts: sparse.csr_array, sizes: np.ndarray) -> np.ndarray:
    """Return a mask of the words that are distributed over the clusters like all words (Kullback-Leibler, in nats)."""
    if counts.shape[0] < 2:
        return np.zeros(counts.shape[1], bool)
    share = sizes / sizes.sum()
    cells = counts.tocoo()
    p = cells.data / counts.sum(axis=0)[cells.col]
    divergence = np.bincount(cells.col, p * np.log(p / share[cells.row]), minlength=counts.shape[1])
    return divergence < _LEAST_DIVERGENCE
