"""Rows of vectors: find equal ones, scale them to unit length, compare them by their cosine."""

from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import blake2b
from typing import NamedTuple

import numpy as np
from scipy.sparse import csr_array
from sklearn import get_config

# Similarities are computed in blocks of at most this many MiB: larger ones are no faster.
_BLOCK_MIB = 64


@dataclass(frozen=True)
class Unique:
    """The distinct rows of a matrix.

    Attributes:
        index: (u,), the index of one row for each distinct one.
        inverse: (n,), the index of the distinct row that each row equals: ``X[index][inverse]`` equals ``X``.
    """

    index: np.ndarray
    inverse: np.ndarray


def unique_rows(X: np.ndarray) -> Unique:
    """Find the distinct rows of `X` (n, d).

    They are sorted by a hash of their bytes, so that results depend neither on the order of the rows nor on how often
    each occurs.
    """
    hashes = (
        blake2b(row, digest_size=8).digest()
        for block in blocks(len(X), X.shape[1])
        for row in X[block] + 0.0  # makes -0.0 equal 0.0
    )
    _, index, inverse = np.unique(np.frombuffer(b"".join(hashes), dtype="<u8"), return_index=True, return_inverse=True)
    return Unique(index, inverse)


def nonzero_rows(X: np.ndarray, index: np.ndarray) -> np.ndarray:
    """Return which of the rows `index` of `X` are not all zeros: bool, one per index."""
    parts = [X[index[block]].any(axis=1) for block in blocks(len(index), X.shape[1])]
    return np.concatenate([np.empty(0, bool), *parts])


def unique_nonzero_rows(X: np.ndarray) -> np.ndarray:
    """Return the index of one row of `X` (n, d) for each distinct row that is not all zeros."""
    index = unique_rows(X).index
    return index[nonzero_rows(X, index)]


def unit_rows(X: np.ndarray, index: np.ndarray) -> np.ndarray:
    """Return rows `index` of `X`, scaled to length 1 (float32); rows of zeros stay zeros."""
    rows = np.asarray(X[index], dtype=np.float32)  # a copy
    for block in blocks(len(rows), rows.shape[1]):
        lengths = np.sqrt(np.einsum("ij,ij->i", rows[block], rows[block], dtype=np.float64))
        rows[block] /= np.where(lengths > 0, lengths, 1)[:, None]
    return rows


def normalized(vectors: np.ndarray) -> np.ndarray:
    """Return `vectors` (k, d) scaled to length 1, float32; zeros stay zeros."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return (vectors / np.where(lengths > 0, lengths, 1)).astype(np.float32)


def blocks(n: int, width: int) -> Iterator[slice]:
    """Yield slices that cut n rows into blocks, whose results of `width` float32 each take at most 64 MiB.

    A lower ``working_memory`` of `sklearn.config_context` (in MiB) gives smaller blocks.
    """
    mib = min(_BLOCK_MIB, get_config()["working_memory"])
    size = max(1, int(mib * 2**20 / 4) // max(1, width))
    for start in range(0, n, size):
        yield slice(start, min(start + size, n))


def most_similar(rows: np.ndarray, anchors: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the index of the anchor with the highest cosine for each row, the first of equals, and that cosine.

    Args:
        rows: (n, d), of unit length.
        anchors: (m, d), of unit length.
    """
    index = np.empty(len(rows), dtype=np.intp)
    product = np.empty(len(rows), dtype=np.float32)
    for block in blocks(len(rows), len(anchors)):
        products = rows[block] @ anchors.T
        index[block] = products.argmax(axis=1)
        product[block] = products[np.arange(len(products)), index[block]]
    return index, product


class TwoBest(NamedTuple):
    """The most similar anchor and the second-best label of n rows.

    Attributes:
        anchors: (n,), the index of the anchor with the highest cosine.
        products: (n,), that cosine.
        seconds: (n,) int32, the best of the other labels, -1 if there is none.
        second_products: (n,), the highest cosine to an anchor of that label, -1 if there is none.
    """

    anchors: np.ndarray
    products: np.ndarray
    seconds: np.ndarray
    second_products: np.ndarray


def two_best(rows: np.ndarray, anchors: np.ndarray, labels: np.ndarray) -> TwoBest:
    """Find the most similar anchor of each row, and the second-best label.

    Args:
        rows: (n, d), of unit length.
        anchors: (m, d), of unit length.
        labels: (m,), the label of each anchor, -1 for none.
    """
    parts = [_two_best(rows[block] @ anchors.T, labels) for block in blocks(len(rows), len(anchors))]
    return TwoBest(*(np.concatenate(column) for column in zip(*parts, strict=True)))


def _two_best(products: np.ndarray, labels: np.ndarray) -> TwoBest:
    rows = np.arange(len(products))
    best = products.argmax(axis=1)
    highest = products[rows, best]
    products[(labels == labels[best][:, None]) | (labels < 0)] = -np.inf
    second = products.argmax(axis=1)
    exists = np.isfinite(products[rows, second])
    seconds = np.where(exists, labels[second], -1).astype(np.int32)
    return TwoBest(best, highest, seconds, np.where(exists, products[rows, second], np.float32(-1)))


def group_sums(rows: np.ndarray, labels: np.ndarray, weights: np.ndarray, k: int) -> np.ndarray:
    """Return the weighted sum of the rows of each group: (k, d).

    Args:
        rows: (n, d).
        labels: (n,), the group of each row, 0 to k - 1.
        weights: (n,), how often each row counts.
        k: the number of groups.
    """
    members = csr_array((weights.astype(np.float32), (labels, np.arange(len(rows)))), shape=(k, len(rows)))
    return members @ rows
