"""Clusters by the largest of the first coordinates."""

import numpy as np

from textssl.clustering.base import Clusterer
from textssl.clustering.calibration import Placement
from textssl.clustering.registry import Entry


class LargestCoordinate(Clusterer):
    STATE = (*Clusterer.STATE, "coordinates_")

    def __init__(self, n_clusters=2, pca_dimensions=15, max_samples=1_000, random_state=None):
        self.n_clusters = n_clusters
        self.pca_dimensions = pca_dimensions
        self.max_samples = max_samples
        self.random_state = random_state

    def _check_parameters(self):
        pass

    def _learn(self, rows, weights):
        self.coordinates_ = np.arange(self.n_clusters, dtype=np.int32)

    def _place(self, rows):
        order = np.argsort(-rows[:, self.coordinates_], axis=1).astype(np.int32)
        sure, none = np.ones(len(rows), np.float32), np.zeros(len(rows), np.float32)
        return Placement(order[:, 0], order[:, 1], sure, sure, none)


ENTRY = Entry(f"{__name__}:LargestCoordinate", settings=("pca_dimensions",))
