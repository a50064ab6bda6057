"""Principal component analysis."""

from typing import Self

import numpy as np
from sklearn import decomposition

from textssl.reduction.base import Reducer


class PCA(Reducer):
    """Principal component analysis (Pearson 1901): the linear projection that keeps most of the variance.

    Parameters:
        n_components: int, default 2. The number of dimensions to reduce to.
        max_samples: int, default 100_000. The most distinct vectors that are learned from.
        random_state: int or None, default None. The seed of the sample.

    Attributes:
        components_: (n_components, d) float32, the directions of the largest variance, of unit length.
        mean_: (d,) float32, the mean of the unit vectors.
        explained_variance_ratio_: (n_components,) float32, the share of the variance that each component keeps.
        notes_, n_features_in_: as in `Stored`.

    Example:
        >>> from textssl.reduction import PCA
        >>> PCA(1).fit_transform([[1, 0], [0.9, 0.1], [0, 1]]).shape
        (3, 1)
    """

    STATE = ("components_", "mean_", "explained_variance_ratio_")

    def __init__(self, n_components: int = 2, max_samples: int = 100_000, random_state: int | None = None) -> None:
        self.n_components = n_components
        self.max_samples = max_samples
        self.random_state = random_state

    @classmethod
    def of_origin(cls, dimensions: int) -> Self:
        """Return a PCA that places every vector at the origin, for vectors that are all alike.

        Args:
            dimensions: the number of dimensions of the vectors.
        """
        pca = cls()
        shapes = ((pca.n_components, dimensions), (dimensions,), (pca.n_components,))
        pca.set_fitted_state(dict(zip(cls.STATE, map(np.zeros, shapes), strict=True)))
        pca.n_features_in_ = dimensions
        return pca

    def _check_parameters(self) -> None:
        pass

    def _learn(self, rows: np.ndarray) -> None:
        fitted = decomposition.PCA(self.n_components, random_state=self.random_state).fit(rows)
        for name in self.STATE:
            setattr(self, name, getattr(fitted, name).astype(np.float32))
        kept = self.explained_variance_ratio_.sum()
        self.notes_ += (f"the {self.n_components} components keep {kept:.0%} of the variance",)

    def _place(self, rows: np.ndarray) -> np.ndarray:
        # In float64: the sums of float32 depend on the number of rows that are placed at once.
        return (rows.astype(np.float64) - self.mean_) @ self.components_.T
