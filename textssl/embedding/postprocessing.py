"""Post-processing of sentence vectors as one linear map: centring and removal of the strongest directions."""

from typing import NamedTuple

import numpy as np


class LinearMap(NamedTuple):
    """x -> matrix x + bias; matrix (d, d), bias (d,), float32."""

    matrix: np.ndarray
    bias: np.ndarray


def fit_map(vectors: np.ndarray, centre: bool, components: int) -> LinearMap:
    """Return the map that centres `vectors` (n, d) and takes out their strongest directions.

    All-but-the-top (Mu & Viswanath 2018): what all texts share tells none of them apart.
    """
    dimensions = vectors.shape[1]
    mean = vectors.mean(axis=0) if centre else np.zeros(dimensions)
    matrix = np.eye(dimensions)
    if components:
        covariance = (vectors - mean).T @ (vectors - mean)
        strongest = np.linalg.eigh(covariance).eigenvectors[:, max(1, dimensions - components) :]
        matrix -= strongest @ strongest.T
    return LinearMap(matrix.astype(np.float32), (-matrix @ mean).astype(np.float32))


def centred(vectors: np.ndarray) -> np.ndarray:
    """Return `vectors` (n, d) less their mean, each of unit length, float32."""
    moved = vectors - vectors.mean(axis=0)
    return moved / np.maximum(np.linalg.norm(moved, axis=1, keepdims=True), 1e-9)
