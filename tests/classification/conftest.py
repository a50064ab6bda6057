"""Vectors in a few directions, and their classes."""

import numpy as np
import pytest


@pytest.fixture(scope="session")
def make_classes():
    """Return a function: `per` vectors in each of `k` directions, spread by noise, and their classes."""

    def make(k=3, per=40, spread=0.25, dimensions=16, seed=0):
        rng = np.random.default_rng(seed)
        centres = np.linalg.qr(rng.normal(size=(dimensions, k)))[0].T
        classes = np.repeat(np.arange(k), per)
        vectors = centres[classes] + spread * rng.normal(size=(k * per, dimensions))
        return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32), classes

    return make


@pytest.fixture(scope="session")
def few():
    """Return a function: labels of which only the first `count` of each class are kept."""

    def keep(classes, count):
        kept = np.full(len(classes), -1)
        for each in np.unique(classes):
            rows = np.flatnonzero(classes == each)[:count]
            kept[rows] = each
        return kept

    return keep
