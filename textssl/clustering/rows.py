"""Rows of vectors: told apart, brought to unit length, compared."""

from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import blake2b
from typing import NamedTuple

import numpy as np
from scipy.sparse import csr_array

# Similarities are computed for so many numbers at a time: 64 MB of float32.
BLOCK = 1 << 24


@dataclass(frozen=True)
class Distinct:
    """The distinct rows of a matrix: `first` (u,) is a row of each kind, ``first[inverse]`` the kind of each row."""

    first: np.ndarray
    inverse: np.ndarray


def distinct(X: np.ndarray) -> Distinct:
    """Tell the rows of `X` (n, d) apart by their bytes.

    The kinds are ordered by a hash of their content, so that what is computed from them depends neither on the
    order of the rows nor on how often each occurs.
    """
    hashes = (
        blake2b(row, digest_size=8).digest()
        for block in blocks(len(X), X.shape[1])
        for row in X[block] + 0.0  # makes -0.0 equal 0.0
    )
    _, first, inverse = np.unique(np.frombuffer(b"".join(hashes), dtype="<u8"), return_index=True, return_inverse=True)
    return Distinct(first, inverse)


def directed(X: np.ndarray, index: np.ndarray) -> np.ndarray:
    """Return which of the rows `index` of `X` are not all zeros, which have no direction: bool (rows,)."""
    parts = [X[index[block]].any(axis=1) for block in blocks(len(index), X.shape[1])]
    return np.concatenate([np.empty(0, bool), *parts])


def distinct_directed(X: np.ndarray) -> np.ndarray:
    """Return a row of each kind in `X` (n, d), other than that of zeros."""
    first = distinct(X).first
    return first[directed(X, first)]


def unit_rows(X: np.ndarray, index: np.ndarray) -> np.ndarray:
    """Return rows `index` of `X`, each of length 1 (float32); rows of zeros stay zeros."""
    rows = np.asarray(X[index], dtype=np.float32)  # a copy
    for block in blocks(len(rows), rows.shape[1]):
        lengths = np.sqrt(np.einsum("ij,ij->i", rows[block], rows[block], dtype=np.float64))
        rows[block] /= np.where(lengths > 0, lengths, 1)[:, None]
    return rows


def blocks(n: int, width: int) -> Iterator[slice]:
    """Yield slices that cut n rows into blocks of about `BLOCK` numbers, for results `width` numbers wide."""
    size = max(1, BLOCK // max(1, width))
    for start in range(0, n, size):
        yield slice(start, min(start + size, n))


def most_similar(rows: np.ndarray, anchors: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return for each unit row the index of the anchor with the highest dot product (the first of equals), and it."""
    index = np.empty(len(rows), dtype=np.intp)
    product = np.empty(len(rows), dtype=np.float32)
    for block in blocks(len(rows), len(anchors)):
        products = rows[block] @ anchors.T
        index[block] = products.argmax(axis=1)
        product[block] = products[np.arange(len(products)), index[block]]
    return index, product


class TwoBest(NamedTuple):
    """Of n rows: the anchor with the highest dot product and it, the label next best and its highest dot product."""

    anchors: np.ndarray
    products: np.ndarray
    seconds: np.ndarray
    second_products: np.ndarray


def two_best(rows: np.ndarray, anchors: np.ndarray, labels: np.ndarray) -> TwoBest:
    """Compare unit rows (n, d) with anchors (m, d) of `labels` (m,), -1 being no label: the best two of each row.

    The second is -1, with a product of -1, where no other label is there.
    """
    parts = [_two_best(rows[block] @ anchors.T, labels) for block in blocks(len(rows), len(anchors))]
    return TwoBest(*(np.concatenate(column) for column in zip(*parts, strict=True)))


def _two_best(products: np.ndarray, labels: np.ndarray) -> TwoBest:
    every = np.arange(len(products))
    best = products.argmax(axis=1)
    highest = products[every, best]
    products[(labels == labels[best][:, None]) | (labels < 0)] = -np.inf
    second = products.argmax(axis=1)
    left = np.isfinite(products[every, second])
    seconds = np.where(left, labels[second], -1).astype(np.int32)
    return TwoBest(best, highest, seconds, np.where(left, products[every, second], np.float32(-1)))


def group_sums(rows: np.ndarray, labels: np.ndarray, masses: np.ndarray, k: int) -> np.ndarray:
    """Return the sum of the rows (n, d) of each of `k` groups, each row counted `masses` (n,) times: (k, d)."""
    members = csr_array((masses.astype(np.float32), (labels, np.arange(len(rows)))), shape=(k, len(rows)))
    return members @ rows


def directions(vectors: np.ndarray) -> np.ndarray:
    """Return `vectors` (k, d), each of length 1, float32; zeros stay zeros."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return (vectors / np.where(lengths > 0, lengths, 1)).astype(np.float32)
