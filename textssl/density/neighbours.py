"""Novelty by the nearest neighbours."""

from typing import Literal

import numpy as np

from textssl.density.base import MOST_LEARNED, Detector, similarities
from textssl.estimators.validation import VectorError, check_whole


class NeighbourDistance(Detector):
    """The mean cosine distance to the nearest training rows, times -1 (Ramaswamy et al. 2000, Angiulli & Pizzuti 2002).

    A row that equals a training row is not its own neighbour.

    Parameters:
        n_neighbors: int or "auto", default "auto". The number of neighbours; "auto" = 10, or as many as there are.
        contamination: float in (0, 0.5], default 0.05. The share of the training rows that are outliers.
        max_samples: int, default 5_000. The most rows that are learned from.
        random_state: int or None, default None. The seed.

    Attributes:
        rows_: (m, d) float32, the training rows, of unit length.
        offset_, aside_scores_, n_features_in_: as in `Detector`.

    Example:
        >>> import numpy as np
        >>> from textssl.density import NeighbourDistance
        >>> X = [1, 0] + 0.1 * np.random.default_rng(0).normal(size=(50, 2))
        >>> detector = NeighbourDistance().fit(X)
        >>> detector.predict([[1, 0], [0, 1]]), detector.novelty([[0, 1]])
        (array([ 1, -1]), array([1.]))
    """

    STATE = (*Detector.STATE, "rows_")

    def __init__(
        self,
        n_neighbors: int | Literal["auto"] = "auto",
        contamination: float = 0.05,
        max_samples: int = MOST_LEARNED,
        random_state: int | None = None,
    ) -> None:
        self.n_neighbors = n_neighbors
        self.contamination = contamination
        self.max_samples = max_samples
        self.random_state = random_state

    def _check_parameters(self) -> None:
        if self.n_neighbors != "auto":
            check_whole("n_neighbors", self.n_neighbors, 1)

    def _learn(self, rows: np.ndarray) -> None:
        require_neighbours(self.n_neighbors, len(rows))
        self.rows_ = rows

    def _score(self, rows: np.ndarray) -> np.ndarray:
        k = n_neighbours(self.n_neighbors, 10, len(self.rows_))
        scores = np.empty(len(rows))
        for block, cosines in similarities(rows, self.rows_):
            nearest = np.argpartition(cosines, -k, axis=1)[:, -k:]
            # In float64, so that a score does not depend on which rows are scored together.
            exact = np.einsum("id,ikd->ik", rows[block], self.rows_[nearest], dtype=np.float64)
            scores[block] = np.sort(exact, axis=1).mean(axis=1) - 1
        return scores


def n_neighbours(asked: int | Literal["auto"], usual: int, rows: int) -> int:
    """Return the number of neighbours among `rows` training rows, without the row itself."""
    return min(usual if asked == "auto" else asked, rows - 1) or 1


def require_neighbours(asked: int | Literal["auto"], rows: int) -> None:
    """Raise VectorError if there are fewer other rows to learn from than requested neighbours."""
    if asked != "auto" and rows <= asked:
        raise VectorError(f"{rows} texts to learn from have no {asked} neighbours each: ask for at most {rows - 1}")
