"""Post-processing of sentence vectors as one linear map: centring, removal of the strongest directions, whitening."""

from pathlib import Path
from typing import NamedTuple

import numpy as np

from textssl.run_folder import new_array, write_whole

_LEAST_SPREAD = 1e-6  # of the largest: a variance floor, so that whitening does not amplify noise


class LinearMap(NamedTuple):
    """x -> matrix x + bias; matrix (d, d), bias (d,), float32."""

    matrix: np.ndarray
    bias: np.ndarray


def fit_map(vectors: np.ndarray, centre: bool, components: int, whiten: bool) -> LinearMap:
    """Return the linear map of the post-processing of sentence vectors.

    Removing the strongest directions (all-but-the-top, Mu & Viswanath 2018) removes what all texts share. Whitening (Su
    et al. 2021) gives the remaining directions the same variance; it does not rotate.

    Args:
        vectors: (n, d).
        centre: subtract the mean vector, unless all vectors are equal.
        components: number of strongest directions to remove; at least one direction remains.
        whiten: give the remaining directions the same variance.
    """
    dimensions = vectors.shape[1]
    alike = np.ptp(vectors, axis=0).max() < _LEAST_SPREAD  # centring would leave zeros
    mean = vectors.mean(axis=0) if centre and not alike else np.zeros(dimensions)
    matrix = np.eye(dimensions)
    if components or whiten:
        spread, directions = np.linalg.eigh((vectors - mean).T @ (vectors - mean) / len(vectors))
        scale = np.ones(dimensions)
        if whiten:
            scale = 1 / np.sqrt(np.maximum(spread, _LEAST_SPREAD * spread[-1]))
        scale[max(1, dimensions - components) :] = 0
        matrix = directions * scale @ directions.T
    return LinearMap(matrix.astype(np.float32), (-matrix @ mean).astype(np.float32))


def centred(vectors: np.ndarray) -> np.ndarray:
    """Return `vectors` (n, d) minus their mean, scaled to unit length, float32."""
    moved = vectors - vectors.mean(axis=0)
    return moved / np.maximum(np.linalg.norm(moved, axis=1, keepdims=True), 1e-9)


def unmapped(vectors: np.ndarray, linear_map: LinearMap) -> np.ndarray:
    """Return the unit vectors that `linear_map`, followed by scaling to unit length, turns into `vectors`.

    Args:
        vectors: (n, d), of unit length or zero; a zero stays zero.
        linear_map: with an invertible matrix; what it subtracts is shorter than 1.

    Returns:
        float32 (n, d).
    """
    inverse = np.linalg.inv(linear_map.matrix.astype(np.float64))
    centre, directions = -inverse @ linear_map.bias, vectors @ inverse.T
    # The vector is centre + t * direction, and its length is 1.
    squares = np.maximum(np.square(directions).sum(axis=1), 1e-12)
    products = directions @ centre
    t = (np.sqrt(np.square(products) + squares * (1 - centre @ centre)) - products) / squares
    known = vectors.any(axis=1, keepdims=True)
    return ((centre + t[:, None] * directions) * known).astype(np.float32)


def mapped(vectors: np.ndarray, linear_map: LinearMap, out: Path, rows_at_once: int = 65_536) -> np.ndarray:
    """Map `vectors` (n, d), scale them to unit length, and write them to the file `out`; return its memory map."""

    def write(part: Path) -> None:
        array = new_array(part, (len(vectors), len(linear_map.bias)))
        for start in range(0, len(vectors), rows_at_once):
            rows = vectors[start : start + rows_at_once] @ linear_map.matrix.T + linear_map.bias
            array[start : start + len(rows)] = rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9)
        array.flush()

    write_whole(out, write)
    return np.load(out, mmap_mode="r")
