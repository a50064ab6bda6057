"""Post-processing of sentence vectors as one linear map: centring, removal of the strongest directions, whitening."""

from typing import NamedTuple

import numpy as np

_LEAST_SPREAD = 1e-6  # of the largest: a direction that hardly varies is not blown up without end


class LinearMap(NamedTuple):
    """x -> matrix x + bias; matrix (d, d), bias (d,), float32."""

    matrix: np.ndarray
    bias: np.ndarray


def fit_map(vectors: np.ndarray, centre: bool, components: int, whiten: bool) -> LinearMap:
    """Return the map that centres `vectors` (n, d), takes out their strongest directions and evens out the others.

    All-but-the-top (Mu & Viswanath 2018): what all texts share tells none of them apart. Whitening (Su et al. 2021)
    gives every direction that is left the same spread, without turning any.
    """
    dimensions = vectors.shape[1]
    alike = np.ptp(vectors, axis=0).max() < _LEAST_SPREAD  # centring would leave nothing of them
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
    """Return `vectors` (n, d) less their mean, each of unit length, float32."""
    moved = vectors - vectors.mean(axis=0)
    return moved / np.maximum(np.linalg.norm(moved, axis=1, keepdims=True), 1e-9)
