"""The first coordinates of each vector."""

import numpy as np

from textssl.reduction.base import Reducer
from textssl.reduction.registry import Entry


class FirstCoordinates(Reducer):
    STATE = ("chosen_",)

    def __init__(self, n_components=2, max_samples=1_000, random_state=None):
        self.n_components = n_components
        self.max_samples = max_samples
        self.random_state = random_state

    def _check_parameters(self):
        pass

    def _learn(self, rows):
        self.chosen_ = np.arange(self.n_components)

    def _place(self, rows):
        return rows[:, self.chosen_]


ENTRY = Entry(f"{__name__}:FirstCoordinates")
