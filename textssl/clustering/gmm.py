"""A Gaussian mixture after PCA."""

import warnings

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.mixture import GaussianMixture
from sklearn.utils import check_random_state

from textssl.clustering.base import MOST_LEARNED, Clusterer, SoftClusterer, require_clusters, require_distinct
from textssl.clustering.reduction import fit_reduction, reduce_rows
from textssl.estimators.validation import check_whole


class ReducedGaussianMixture(SoftClusterer):
    """A Gaussian mixture with diagonal covariances, fitted by EM (Dempster et al. 1977) after PCA.

    Probabilities are the responsibilities of the components. Equal rows count as one.

    Parameters:
        n_clusters: int, default 2. The number of clusters, that is, of components of the mixture.
        pca_dimensions: int, default 15. The dimensions that PCA keeps.
        max_iter: int, default 100. The most iterations of EM.
        max_samples: int, default 100_000. The most distinct rows that are learned from.
        random_state: int or None, default None. The seed.

    Attributes:
        weights_: (n_clusters,) float64, as in scikit-learn's GaussianMixture.
        means_: (n_clusters, pca_dimensions) float64, as in scikit-learn's GaussianMixture.
        precisions_cholesky_: (n_clusters, pca_dimensions) float64, as in scikit-learn's GaussianMixture.
        reducer_components_: (pca_dimensions, d) float32, the components of the PCA.
        reducer_offset_: (pca_dimensions,) float32, the projected mean of the PCA.
        n_iter_: int, the number of iterations of EM.
        labels_, probabilities_, calibration_, notes_, n_features_in_: as in `Clusterer`.

    Example:
        >>> import numpy as np
        >>> from textssl.clustering import ReducedGaussianMixture
        >>> X = np.repeat(np.eye(2), 20, axis=0) + 0.1 * np.random.default_rng(0).normal(size=(40, 2))
        >>> mixture = ReducedGaussianMixture(2, random_state=0).fit(X)
        >>> mixture.predict_proba([[1, 0], [0, 1]]).round().sum(axis=0)
        array([1., 1.], dtype=float32)
    """

    STATE = (
        *Clusterer.STATE,
        "reducer_components_",
        "reducer_offset_",
        "weights_",
        "means_",
        "precisions_cholesky_",
    )

    def __init__(
        self,
        n_clusters: int = 2,
        pca_dimensions: int = 15,
        max_iter: int = 100,
        max_samples: int = MOST_LEARNED,
        random_state: int | None = None,
    ) -> None:
        self.n_clusters = n_clusters
        self.pca_dimensions = pca_dimensions
        self.max_iter = max_iter
        self.max_samples = max_samples
        self.random_state = random_state

    def _check_parameters(self) -> None:
        for name in ("n_clusters", "pca_dimensions", "max_iter"):
            check_whole(name, getattr(self, name), 1)

    def _learn(self, rows: np.ndarray, weights: np.ndarray) -> None:
        require_distinct(len(rows), self.n_clusters)
        reduction = fit_reduction(rows, self.pca_dimensions, self.random_state)
        self.reducer_components_, self.reducer_offset_ = reduction.components, reduction.offset
        points = reduce_rows(rows, reduction.components, reduction.offset)
        mixture = GaussianMixture(
            self.n_clusters,
            covariance_type="diag",
            max_iter=self.max_iter,
            random_state=check_random_state(self.random_state),
        )
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            mixture.fit(points if len(points) > 1 else np.repeat(points, 2, axis=0))  # it refuses a single row
        self.weights_, self.means_ = mixture.weights_, mixture.means_
        self.precisions_cholesky_ = mixture.precisions_cholesky_
        self.n_iter_ = mixture.n_iter_
        ended = "converged" if mixture.converged_ else f"did not converge in {self.max_iter} iterations"
        self.notes_ += (reduction.note, f"the mixture {ended}")
        require_clusters(self._place(rows).labels, self.n_clusters)

    def _n_clusters(self) -> int:
        return len(self.weights_)

    def _likelihoods(self, rows: np.ndarray) -> np.ndarray:
        mixture = GaussianMixture(len(self.weights_), covariance_type="diag")
        mixture.weights_, mixture.means_ = self.weights_, self.means_
        mixture.precisions_cholesky_, mixture.covariances_ = self.precisions_cholesky_, self.precisions_cholesky_**-2
        return mixture.predict_proba(reduce_rows(rows, self.reducer_components_, self.reducer_offset_))
