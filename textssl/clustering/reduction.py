"""PCA for clusterers that need few dimensions, stored as two arrays."""

from dataclasses import dataclass

import numpy as np
from sklearn.decomposition import PCA
from sklearn.utils import check_random_state


@dataclass(frozen=True)
class Reduction:
    """A fitted PCA.

    Attributes:
        components: (k, d) float32.
        offset: (k,) float32, the projected mean.
        note: a sentence on how much of the variance it keeps.
    """

    components: np.ndarray
    offset: np.ndarray
    note: str


def fit_reduction(rows: np.ndarray, dimensions: int, random_state: int | None) -> Reduction:
    """Fit a PCA of `rows` (n, d) with `dimensions` components, but at most n and d."""
    pca = PCA(min(dimensions, *rows.shape), random_state=check_random_state(random_state))
    with np.errstate(divide="ignore", invalid="ignore"):  # a single row has no variance
        pca.fit(rows)
        kept = np.nansum(pca.explained_variance_ratio_)
    components = pca.components_.astype(np.float32)
    note = f"PCA reduced {rows.shape[1]} dimensions to {len(components)}, which keep {kept:.0%} of the variance"
    return Reduction(components, components @ pca.mean_.astype(np.float32), note)


def reduce_rows(rows: np.ndarray, components: np.ndarray, offset: np.ndarray) -> np.ndarray:
    """Project `rows` (n, d) with a fitted PCA: (n, k) float64."""
    return (rows @ components.T - offset).astype(np.float64)
