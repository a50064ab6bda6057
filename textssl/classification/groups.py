"""Labels spread over neighbours and groups of all texts, then self-training on what they became."""

from typing import Self

import numpy as np
from numpy.typing import ArrayLike

from textssl.classification.graph import Graph, make_graph, spread
from textssl.classification.inputs import Fitted, Inputs
from textssl.classification.labels import is_labelled, targets
from textssl.classification.linear import LinearClassifier, fit_logistic
from textssl.estimators.validation import check_fraction, check_whole


class SpreadLabels(LinearClassifier):
    """Labels spread over a graph of all vectors, from which logistic regression then learns.

    A label passes from a vector to its nearest neighbours (Zhou et al. 2004), and to the other members of its groups,
    those of k-means at several numbers of clusters. The logistic regression learns from all vectors with the classes
    that the spreading found, weighted by their certainty (self-training), so that new vectors can be classified.

    Parameters:
        n_neighbors: int, nearest neighbours of each vector. Default 15.
        group_share: float, share of a label that is passed on through groups, from 0 to 1. Default 0.7.
        kept: float, share of its own label that a vector keeps in each step, from 0 to 1. Default 0.2.
        n_iter: int, steps of the spreading. Default 100.
        C: float, inverse strength of the regularisation. Default 1.
        max_texts: int, most vectors in the graph; of more, the labelled ones and a random sample. Default 20,000.
        random_state: int, seed of the groups and of the sample. Default 0.

    Example:
        >>> from textssl.classification import SpreadLabels
        >>> vectors, classes = [[0, 1], [1, 9], [3, 0], [9, 1], [8, 1]], [0, -1, 1, -1, -1]
        >>> SpreadLabels(n_neighbors=2).fit(vectors, classes).predict([[1, 8]])
        array([0])
    """

    def __init__(
        self,
        n_neighbors: int = 15,
        group_share: float = 0.7,
        kept: float = 0.2,
        n_iter: int = 100,
        C: float = 1.0,
        max_texts: int = 20_000,
        random_state: int = 0,
    ) -> None:
        self.n_neighbors = n_neighbors
        self.group_share = group_share
        self.kept = kept
        self.n_iter = n_iter
        self.C = C
        self.max_texts = max_texts
        self.random_state = random_state

    def fit(self, X: ArrayLike, y: ArrayLike, graph: Graph | None = None) -> Self:
        """Learn from vectors, of which some are labelled.

        Args:
            X: (n, d), any array of numbers.
            y: as in `LogisticHead.fit`.
            graph: the graph of the vectors; None computes it. Default None.

        Raises:
            VectorError: a DataError, if the vectors or labels cannot be learned from.
        """
        self._graph = graph
        super().fit(X, y)
        del self._graph
        return self

    def _learn(self, X: np.ndarray, y: np.ndarray) -> None:
        for name, low in (("n_neighbors", 1), ("n_iter", 1), ("max_texts", 1)):
            check_whole(name, getattr(self, name), low)
        for name in ("group_share", "kept"):
            check_fraction(name, getattr(self, name))
        labelled = is_labelled(y)
        graph = self._graph or make_graph(X, labelled, self.n_neighbors, self.max_texts, self.random_state)
        wanted, known = targets(y, len(self.classes_))[graph.rows], labelled[graph.rows]
        mass = np.hstack([wanted, known[:, None]])
        mass = spread(graph, mass, self.group_share, self.kept, self.n_iter)
        reached = mass[:, -1] > 0
        shares = mass[:, :-1] / np.where(reached, mass[:, -1], 1)[:, None]
        shares[known] = wanted[known]
        certain = np.maximum(shares, 1 - shares).mean(axis=1) if y.ndim == 2 else shares.max(axis=1)
        hard = shares > 0.5 if y.ndim == 2 else shares == shares.max(axis=1, keepdims=True)
        found = fit_logistic(X[graph.rows], hard.astype(float), self.C, y.ndim == 2, reached * certain**2)
        self.coef_, self.intercept_, self.C_ = found[:, :-1], found[:, -1], self.C


def fit(inputs: Inputs) -> Fitted:
    """Spread the labels over all texts and learn from the result; the encoder stays as it is."""
    settings = inputs.settings
    classifier = SpreadLabels(group_share=settings.group_share, random_state=inputs.seed)
    return Fitted(classifier.fit(inputs.vectors, inputs.y, inputs.graph()))
