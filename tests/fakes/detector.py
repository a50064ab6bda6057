"""The largest coordinate of each vector."""

from textssl.density.base import Detector
from textssl.density.registry import Entry


class LargestIsOdd(Detector):
    def __init__(self, n_neighbors="auto", contamination=0.05, max_samples=1_000, random_state=None):
        self.n_neighbors = n_neighbors
        self.contamination = contamination
        self.max_samples = max_samples
        self.random_state = random_state

    def _learn(self, rows):
        pass

    def _score(self, rows):
        return -rows.max(axis=1).astype(float)


ENTRY = Entry(f"{__name__}:LargestIsOdd", settings=("n_neighbors",))
