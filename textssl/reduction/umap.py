"""UMAP, fitted on a sample; all others are placed among their neighbours. Needs the extra `umap`."""

import numpy as np

from textssl.estimators.validation import check_whole
from textssl.reduction.base import NeighborReducer
from textssl.reduction.registry import require_extra


class UMAP(NeighborReducer):
    """UMAP (McInnes, Healy & Melville 2018), by umap-learn: like t-SNE, for any number of dimensions.

    New vectors are placed as in `NeighborReducer`.

    Parameters:
        n_components: int, default 2. The number of dimensions to reduce to.
        n_neighbors: int, default 15. How many neighbours of a vector stay near it; lowered if there are fewer vectors.
        min_dist: float, default 0.1. The smallest distance between two vectors in the reduced space.
        placing_neighbors: int, default 10. The neighbours that a new vector is placed among.
        max_samples: int, default 15_000. The most distinct vectors that are learned from.
        random_state: int or None, default None. The seed.

    Attributes:
        samples_, coordinates_: as in `NeighborReducer`.
        notes_, n_features_in_: as in `Stored`.

    Example:
        >>> import numpy as np
        >>> from textssl.reduction import UMAP
        >>> X = np.random.default_rng(0).normal(size=(40, 5))
        >>> UMAP(3, random_state=0).fit_transform(X).shape  # doctest: +SKIP
        (40, 3)
    """

    def __init__(
        self,
        n_components: int = 2,
        n_neighbors: int = 15,
        min_dist: float = 0.1,
        placing_neighbors: int = 10,
        max_samples: int = 15_000,
        random_state: int | None = None,
    ) -> None:
        self.n_components = n_components
        self.n_neighbors = n_neighbors
        self.min_dist = min_dist
        self.placing_neighbors = placing_neighbors
        self.max_samples = max_samples
        self.random_state = random_state

    def _check_parameters(self) -> None:
        check_whole("n_neighbors", self.n_neighbors, 2)
        check_whole("placing_neighbors", self.placing_neighbors, 1)

    def _least_samples(self) -> int:
        return self.n_components + 3  # for its spectral start

    def _coordinates(self, rows: np.ndarray) -> np.ndarray:
        require_extra("umap")
        import umap

        fitted = umap.UMAP(
            n_components=self.n_components,
            n_neighbors=min(self.n_neighbors, len(rows) - 1),
            min_dist=self.min_dist,
            random_state=self._seed(),
            n_jobs=1,
        )
        return fitted.fit_transform(rows)
