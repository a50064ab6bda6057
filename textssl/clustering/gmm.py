"""A Gaussian mixture in a reduced space."""

import warnings

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.mixture import GaussianMixture
from sklearn.utils import check_random_state

from textssl.clustering.base import Clusterer, require_clusters, require_distinct, soft_placement
from textssl.clustering.calibration import Placement
from textssl.clustering.checks import check_whole
from textssl.clustering.reduction import fit_reduction, reduce_rows
from textssl.clustering.rows import blocks


class ReducedGaussianMixture(Clusterer):
    """A mixture of Gaussians with diagonal covariances after PCA; probabilities are the responsibilities.

    How often a row occurs does not count: the mixture is that of the distinct rows.

    Attributes:
        weights_, means_, precisions_cholesky_: the mixture, as scikit-learn's GaussianMixture names its parts.
        reducer_components_, reducer_offset_: the reduction, for new rows.
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
        self, n_clusters: int = 2, reduce: int = 15, max_iter: int = 100, random_state: int | None = None
    ) -> None:
        self.n_clusters = n_clusters
        self.reduce = reduce
        self.max_iter = max_iter
        self.random_state = random_state

    def _check_parameters(self) -> None:
        for name in ("n_clusters", "reduce", "max_iter"):
            check_whole(name, getattr(self, name), 1)

    def _learn(self, rows: np.ndarray, masses: np.ndarray) -> None:
        require_distinct(len(rows), self.n_clusters)
        reduction = fit_reduction(rows, self.reduce, self.random_state)
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
        ended = "converged" if mixture.converged_ else f"had not converged after {self.max_iter} rounds"
        self.notes_ += (reduction.note, f"the mixture {ended}")
        require_clusters(self._place(rows).labels, self.n_clusters)

    def _place(self, rows: np.ndarray) -> Placement:
        mixture = GaussianMixture(len(self.weights_), covariance_type="diag")
        mixture.weights_, mixture.means_ = self.weights_, self.means_
        mixture.precisions_cholesky_, mixture.covariances_ = self.precisions_cholesky_, self.precisions_cholesky_**-2
        parts = []
        for block in blocks(len(rows), len(self.weights_)):
            points = reduce_rows(rows[block], self.reducer_components_, self.reducer_offset_)
            parts.append(soft_placement(mixture.predict_proba(points)))
        return Placement(*(np.concatenate(column) for column in zip(*parts, strict=True)))
