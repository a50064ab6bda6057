"""t-SNE, fitted to a sample; all other vectors are placed in its map."""

import numpy as np

from textssl.estimators.validation import ParameterError, check_whole
from textssl.reduction.base import NeighborReducer


class TSNE(NeighborReducer):
    """t-SNE (van der Maaten & Hinton 2008), by openTSNE (Poličar, Stražar & Zupan 2024).

    It keeps neighbours together; distances between distant groups mean little. A vector that is not in the sample
    starts at the median of its neighbours and is optimised alone, with the sample fixed.

    Parameters:
        n_components: int, default 2. The number of dimensions to reduce to, 1 or 2.
        perplexity: float, default 30. About how many neighbours of a vector stay near it; lowered to a third of the
            vectors if these are few.
        early_exaggeration_iter: int, default 100. The number of first steps, with attraction exaggerated.
        n_iter: int, default 250. The number of steps after these.
        placing_iter: int, default 100. The number of steps that place a new vector.
        placing_neighbors: int, default 25. The number of neighbours between which a new vector starts.
        max_samples: int, default 4_000. The most distinct vectors that are learned from.
        random_state: int or None, default None. The seed.

    Attributes:
        samples_, coordinates_: as in `NeighborReducer`.
        notes_, n_features_in_: as in `Stored`.

    Example:
        >>> import numpy as np
        >>> from textssl.reduction import TSNE
        >>> X = np.repeat(np.eye(2), 20, axis=0) + 0.1 * np.random.default_rng(0).normal(size=(40, 2))
        >>> TSNE(random_state=0).fit(X).transform([[1, 0], [0, 1]]).shape
        (2, 2)
    """

    def __init__(
        self,
        n_components: int = 2,
        perplexity: float = 30.0,
        early_exaggeration_iter: int = 100,
        n_iter: int = 250,
        placing_iter: int = 100,
        placing_neighbors: int = 25,
        max_samples: int = 4_000,
        random_state: int | None = None,
    ) -> None:
        self.n_components = n_components
        self.perplexity = perplexity
        self.early_exaggeration_iter = early_exaggeration_iter
        self.n_iter = n_iter
        self.placing_iter = placing_iter
        self.placing_neighbors = placing_neighbors
        self.max_samples = max_samples
        self.random_state = random_state

    def _check_parameters(self) -> None:
        if self.n_components > 2:
            raise ParameterError(f"t-SNE reduces to 1 or 2 dimensions, got {self.n_components}: choose another method")
        if not self.perplexity > 0:
            raise ParameterError(f"perplexity must be a number > 0, got {self.perplexity!r}")
        check_whole("placing_neighbors", self.placing_neighbors, 1)
        for name in ("early_exaggeration_iter", "n_iter", "placing_iter"):
            check_whole(name, getattr(self, name), 0)

    def _least_samples(self) -> int:
        return 4  # so that a perplexity of 1 is possible

    def _perplexity(self, samples: int) -> float:
        return min(self.perplexity, (samples - 1) / 3)

    def _coordinates(self, rows: np.ndarray) -> np.ndarray:
        import openTSNE

        tsne = openTSNE.TSNE(
            n_components=self.n_components,
            perplexity=self._perplexity(len(rows)),
            early_exaggeration_iter=self.early_exaggeration_iter,
            n_iter=self.n_iter,
            neighbors="exact",
            random_state=self._seed(),
        )
        return np.asarray(tsne.fit(rows))

    def _place_new(self, rows: np.ndarray) -> np.ndarray:
        from openTSNE import TSNEEmbedding
        from openTSNE.affinity import PerplexityBasedNN

        affinities = PerplexityBasedNN(self.samples_, self._perplexity(len(self.samples_)), method="exact")
        reference = TSNEEmbedding(self.coordinates_, affinities, negative_gradient_method="fft")
        few = self._perplexity(len(self.samples_))
        return reference.transform(rows, perplexity=min(5, few), k=self.placing_neighbors, n_iter=self.placing_iter)
