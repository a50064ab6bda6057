"""Novelty by the words and letters of a text, without vectors: words that no training text has count, too."""

import re
from collections.abc import Callable, Iterable, Sequence
from hashlib import blake2b
from typing import Any, Literal

import numpy as np
from scipy import sparse
from sklearn.feature_extraction import FeatureHasher
from sklearn.utils.validation import validate_data

from textssl.density.base import MOST_LEARNED, Detector, without_same
from textssl.density.neighbours import n_neighbours, require_neighbours
from textssl.estimators.unit_vectors import blocks
from textssl.estimators.validation import VectorError, check_whole
from textssl.language.scripts import UNSPACED

_RUN = re.compile(f"[{UNSPACED}]+|[^\\W{UNSPACED}]+")
_UNSPACED = re.compile(f"[{UNSPACED}]")
_HASHED = 1 << 20  # columns: of 100,000 words, few share one
_UNSEEN = 0.1  # added to the number of texts that have a word


def words_of(text: str) -> list[str]:
    """Return the distinct words of a text in order, in lower case; in scripts without spaces, pairs of characters."""
    found: dict[str, None] = {}
    for run in _RUN.findall(text.lower()):
        found |= dict.fromkeys(_grams(run, 2) if _UNSPACED.match(run) else [run])
    return list(found)


def without_each(text: str) -> list[tuple[str, str]]:
    """Return each distinct word of a text, in lower case and in order, with the text without its occurrences.

    In scripts without spaces, every two characters from the beginning of a run count as a word.
    """
    places: dict[str, list[tuple[int, int]]] = {}
    for run in _RUN.finditer(text):
        step = 2 if _UNSPACED.match(run[0]) else len(run[0])
        for start in range(run.start(), run.end(), step):
            end = min(start + step, run.end())
            places.setdefault(text[start:end].lower(), []).append((start, end))
    return [(word, _without(text, spans)) for word, spans in places.items()]


def _without(text: str, spans: Sequence[tuple[int, int]]) -> str:
    starts, ends = [0, *(end for _, end in spans)], [*(start for start, _ in spans), len(text)]
    return "".join(text[start:end] for start, end in zip(starts, ends, strict=True))


def hashed_words(texts: Iterable[str]) -> sparse.csr_array:
    """Return which words each text has: 1 or 0, float32 (texts, 2 ** 20), in the column of the hash of the word."""
    return _hashed(texts, words_of)


def hashed_letters(texts: Iterable[str]) -> sparse.csr_array:
    """Return which words, and which 4 consecutive letters of a word, each text has, as `hashed_words` does."""
    return _hashed(texts, lambda text: [part for word in words_of(text) for part in [word, *_grams(f"<{word}>", 4)]])


def _hashed(texts: Iterable[str], parts_of: Callable[[str], list[str]]) -> sparse.csr_array:
    hasher = FeatureHasher(_HASHED, input_type="string", dtype=np.float32, alternate_sign=False)
    return sparse.csr_array(hasher.transform(map(parts_of, texts))).sign()


def _grams(run: str, length: int) -> list[str]:
    """Return the parts of `run` of so many characters; `run` itself if it has no more."""
    return [run[start : start + length] for start in range(max(1, len(run) - length + 1))]


class BagDetector(Detector):
    """Base class of the detectors that read bags (n, columns): 1 or 0, dense or sparse.

    A row without a one is ignored in fitting and scores -inf.
    """

    def _read(self, X: Any, reset: bool) -> sparse.csr_array:
        try:
            bags = sparse.csr_array(validate_data(self, X, reset=reset, accept_sparse="csr", dtype=np.float32))
        except ValueError as error:
            raise VectorError(" ".join(str(error).split())) from None
        bags.sum_duplicates()
        bags.eliminate_zeros()
        return bags

    def _known(self, rows: sparse.csr_array) -> np.ndarray:
        return np.diff(rows.indptr) > 0

    def _all_equal(self, rows: sparse.csr_array) -> bool:
        return len(np.unique(_hashes(rows))) == 1


class WordRarity(BagDetector):
    """The mean log likelihood of the words of a text, each by the share of the training texts that have it.

    That is the cross-entropy of a unigram model, times -1. A text that equals a training text is scored as if that were
    not one.

    Parameters:
        contamination: float in (0, 0.5], default 0.05. The share of the training rows that are outliers.
        max_samples: int, default 5_000. The most rows that are learned from.
        random_state: int or None, default None. The seed.

    Attributes:
        counts_: (columns,) float32, the number of training rows with each word.
        hashes_: (m,) uint64, the training rows, ascending.
        offset_, aside_scores_, n_features_in_: as in `Detector`.
    """

    STATE = (*Detector.STATE, "counts_", "hashes_")

    def __init__(
        self, contamination: float = 0.05, max_samples: int = MOST_LEARNED, random_state: int | None = None
    ) -> None:
        self.contamination = contamination
        self.max_samples = max_samples
        self.random_state = random_state

    def _learn(self, rows: sparse.csr_array) -> None:
        self.counts_ = np.bincount(rows.indices, minlength=rows.shape[1]).astype(np.float32)
        self.hashes_ = np.sort(_hashes(rows))

    def _score(self, rows: sparse.csr_array) -> np.ndarray:
        own = np.isin(_hashes(rows), self.hashes_).astype(np.int64)
        lengths = np.diff(rows.indptr)
        counts = self.counts_[rows.indices].astype(np.float64) - np.repeat(own, lengths)
        logs = np.log(counts + _UNSEEN) - np.log(np.repeat(len(self.hashes_) - own, lengths) + 2 * _UNSEEN)
        return np.add.reduceat(logs, rows.indptr[:-1]) / lengths


class BagNeighbours(BagDetector):
    """The mean cosine distance to the nearest training rows, times -1, where each column weighs by its rarity (idf).

    Columns that no training row has count in the length of a row, so that unknown words make it far from all others.

    Parameters:
        n_neighbors: int or "auto", default "auto". The number of neighbours; "auto" = 5, or as many as there are.
        contamination: float in (0, 0.5], default 0.05. The share of the training rows that are outliers.
        max_samples: int, default 5_000. The most rows that are learned from.
        random_state: int or None, default None. The seed.

    Attributes:
        indices_, starts_: int32 and int64, the columns of the training rows, and where those of each row begin.
        offset_, aside_scores_, n_features_in_: as in `Detector`.
    """

    STATE = (*Detector.STATE, "indices_", "starts_")

    def __init__(
        self,
        n_neighbors: int | Literal["auto"] = "auto",
        contamination: float = 0.05,
        max_samples: int = MOST_LEARNED,
        random_state: int | None = None,
    ) -> None:
        self.n_neighbors = n_neighbors
        self.contamination = contamination
        self.max_samples = max_samples
        self.random_state = random_state

    def _check_parameters(self) -> None:
        if self.n_neighbors != "auto":
            check_whole("n_neighbors", self.n_neighbors, 1)

    def _learn(self, rows: sparse.csr_array) -> None:
        require_neighbours(self.n_neighbors, rows.shape[0])
        self.indices_, self.starts_ = rows.indices.astype(np.int32), rows.indptr.astype(np.int64)

    def _score(self, rows: sparse.csr_array) -> np.ndarray:
        learned = sparse.csr_array(
            (np.ones(len(self.indices_), np.float32), self.indices_, self.starts_),
            shape=(len(self.starts_) - 1, rows.shape[1]),
        )
        n, counts = learned.shape[0], np.bincount(self.indices_, minlength=rows.shape[1])
        weights = np.log((n + 1) / (counts + 0.5)).astype(np.float32)
        own, others = _weighted(rows, weights), _weighted(learned, weights).T.tocsr()
        k = n_neighbours(self.n_neighbors, 5, n)
        scores = np.empty(rows.shape[0])
        for block in blocks(rows.shape[0], n):
            cosines = without_same((own[block] @ others).toarray())
            scores[block] = np.sort(np.partition(cosines, -k, axis=1)[:, -k:]).mean(axis=1, dtype=np.float64) - 1
        return scores


def _weighted(bags: sparse.csr_array, weights: np.ndarray) -> sparse.csr_array:
    """Return the rows with each column times its weight, scaled to unit length."""
    weighted = bags.copy()
    weighted.data = weights[bags.indices]
    lengths = np.sqrt(np.add.reduceat(np.square(weighted.data), weighted.indptr[:-1]))
    weighted.data /= np.repeat(lengths, np.diff(weighted.indptr))
    return weighted


def _hashes(bags: sparse.csr_array) -> np.ndarray:
    """Return a hash of the columns of each row, uint64 (n,)."""
    rows = np.split(bags.indices.astype(np.int64), bags.indptr[1:-1])
    found = b"".join(blake2b(row.tobytes(), digest_size=8).digest() for row in rows)
    return np.frombuffer(found, dtype="<u8")
