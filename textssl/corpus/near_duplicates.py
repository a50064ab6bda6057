"""Near-duplicates: pairs of texts that share most of their words, found without comparing every pair."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from scipy.sparse import coo_array, csr_array
from scipy.sparse.csgraph import connected_components

from textssl.errors import UsageError
from textssl.language.scripts import UNSPACED
from textssl.language.texts import as_texts
from textssl.progress import bar

# A word; of scripts written without spaces, a character.
_WORD = rf"[{UNSPACED}]|[^\W{UNSPACED}]+"
_PAIRS_AT_ONCE = 4_000_000
_ROUNDING = 1e-9  # so that ceil(0.8 * 5) is 4


@dataclass(frozen=True)
class NearDuplicates:
    """Near-duplicates among n texts.

    Attributes:
        pairs: (m, 2) int64, the indices of two texts, the smaller first, in ascending order. Of texts with the same
            words only the first is paired with others.
        similarities: (m,) float32, the Jaccard similarity of their words: the share of the words of both that they
            have in common.
        groups: (n,) int32, texts that are connected by pairs share a number, counted from 0 in the order of the
            texts; -1 for a text without near-duplicates.
        notes: sentences on what was left out.
    """

    pairs: np.ndarray
    similarities: np.ndarray
    groups: np.ndarray
    notes: tuple[str, ...] = ()


def near_duplicates(texts: Sequence[str], similarity: float = 0.8, max_partners: int = 1_000) -> NearDuplicates:
    """Find all pairs of texts whose words have at least a Jaccard similarity.

    Case, order and repetitions of words do not count. Only texts that share one of their rarest words are compared:
    two similar texts must share one of the L - ceil(similarity * L) + 1 rarest of L words, and their numbers of words
    must be similar (prefix and length filters: Bayardo et al. 2007, "Scaling up all pairs similarity search"). So the
    result is that of comparing every pair.

    Args:
        texts: list or other collection of n str; a text without words has no near-duplicates.
        similarity: the least similarity, above 0 and at most 1. Default 0.8.
        max_partners: texts that a text is compared with for each of its rarest words; more are left out, and a note
            says so. Default 1,000.

    Raises:
        UsageError: if `similarity` is out of range.
    """
    if not 0 < similarity <= 1:
        raise UsageError(f"similarity must be above 0 and at most 1, got {similarity!r}")
    bags = _bags(as_texts(texts))
    first, same = _equal_rows(bags)
    similar, similarities, notes = _similar_pairs(bags[first], similarity, max_partners)
    repeats = np.flatnonzero(same >= 0)
    repeats = repeats[first[same[repeats]] != repeats]
    pairs = np.concatenate([first[similar], np.stack([first[same[repeats]], repeats], axis=1)])
    similarities = np.concatenate([similarities, np.ones(len(repeats), np.float32)])
    order = np.lexsort((pairs[:, 1], pairs[:, 0]))
    return NearDuplicates(pairs[order], similarities[order], _groups(pairs, bags.shape[0]), notes)


def _bags(texts: Sequence[str]) -> csr_array:
    """Return the words of each text, 1 or 0, (texts, words), the rarest words first."""
    from sklearn.feature_extraction.text import CountVectorizer

    vectorizer = CountVectorizer(token_pattern=_WORD, binary=True, dtype=np.int32)
    try:
        bags = csr_array(vectorizer.fit_transform(bar(texts, "reading words", unit="text")))
    except ValueError:  # no text has a word
        return csr_array((len(texts), 0), dtype=np.int32)
    rank = np.empty(bags.shape[1], np.int32)
    rank[np.argsort(np.bincount(bags.indices, minlength=bags.shape[1]), kind="stable")] = np.arange(bags.shape[1])
    bags.indices = rank[bags.indices]
    bags.has_sorted_indices = False
    bags.sort_indices()
    return bags


def _equal_rows(bags: csr_array) -> tuple[np.ndarray, np.ndarray]:
    """Return the first row with each set of words, and for each row the index of its set; -1 without words."""
    numbers: dict[bytes, int] = {}
    first: list[int] = []
    same = np.full(bags.shape[0], -1)
    for row, (start, end) in enumerate(zip(bags.indptr[:-1], bags.indptr[1:], strict=True)):
        if start == end:
            continue
        same[row] = number = numbers.setdefault(bags.indices[start:end].tobytes(), len(first))
        if number == len(first):
            first.append(row)
    return np.array(first, np.int64), same


def _similar_pairs(
    bags: csr_array, similarity: float, max_partners: int
) -> tuple[np.ndarray, np.ndarray, tuple[str, ...]]:
    """Return the pairs (m, 2) of similar rows, which all differ and have a word, their similarities (m,), and notes."""
    lengths = np.diff(bags.indptr)
    rows, partners = _partners(bags, lengths, similarity)
    limited = int((partners > max_partners).sum())
    partners = np.minimum(partners, max_partners)
    pairs, similarities = [np.empty((0, 2), np.int64)], [np.empty(0, np.float32)]
    for start, end in bar(_parts(partners), "comparing texts"):
        counts = partners[start:end]
        left = np.repeat(np.arange(start, end), counts)
        right = left + 1 + np.arange(len(left)) - np.repeat(np.cumsum(counts) - counts, counts)
        candidates = np.unique(np.sort(np.stack([rows[left], rows[right]], axis=1), axis=1), axis=0)
        common = bags[candidates[:, 0]].multiply(bags[candidates[:, 1]]).sum(axis=1)
        jaccard = common / (lengths[candidates].sum(axis=1) - common)
        similar = jaccard >= similarity - _ROUNDING
        pairs.append(candidates[similar])
        similarities.append(jaccard[similar].astype(np.float32))
    every, index = np.unique(np.concatenate(pairs), axis=0, return_index=True)
    note = f"{limited} comparisons were limited to {max_partners} texts with the same rare word"
    return every, np.concatenate(similarities)[index], (note,) if limited else ()


def _partners(bags: csr_array, lengths: np.ndarray, similarity: float) -> tuple[np.ndarray, np.ndarray]:
    """Return the rows that hold each rare word, the shorter first, and how many of those that follow may be similar."""
    prefixes = lengths - np.ceil(similarity * lengths - _ROUNDING).astype(int) + 1
    rare = np.arange(bags.nnz) - np.repeat(bags.indptr[:-1], lengths) < np.repeat(prefixes, lengths)
    rows, words = np.repeat(np.arange(len(lengths)), lengths)[rare], bags.indices[rare]
    order = np.lexsort((rows, lengths[rows], words))
    rows, words = rows[order], words[order]
    scale = int(lengths.max(initial=0)) + 1
    longest = np.minimum(np.floor(lengths[rows] / similarity + _ROUNDING).astype(np.int64), scale - 1)
    keys = words.astype(np.int64) * scale
    ends = np.searchsorted(keys + lengths[rows], keys + longest, side="right")
    return rows, ends - np.arange(len(rows)) - 1


def _parts(partners: np.ndarray) -> list[tuple[int, int]]:
    """Return ranges of entries with about `_PAIRS_AT_ONCE` pairs each."""
    before = np.concatenate([[0], np.cumsum(partners)])
    cuts = np.searchsorted(before, np.arange(0, before[-1], _PAIRS_AT_ONCE))
    return list(pairwise(np.unique([0, *cuts, len(partners)]).tolist()))


def _groups(pairs: np.ndarray, n: int) -> np.ndarray:
    """Return the group of each of n texts, numbered in the order of the texts; -1 for a text in no pair."""
    graph = coo_array((np.ones(len(pairs), bool), (pairs[:, 0], pairs[:, 1])), shape=(n, n))
    _, component = connected_components(graph, directed=False)
    groups = np.full(n, -1, np.int32)
    paired = np.unique(pairs)
    _, first, inverse = np.unique(component[paired], return_index=True, return_inverse=True)
    groups[paired] = np.argsort(np.argsort(first))[inverse]
    return groups
