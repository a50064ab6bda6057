import numpy as np
import pytest


@pytest.fixture
def make_groups():
    """Return a function that draws vectors around orthogonal directions, with the group of each."""

    def make(sizes: list[int], dimensions: int = 32, spread: float = 0.05, seed: int = 0):
        random = np.random.default_rng(seed)
        directions = np.linalg.qr(random.normal(size=(dimensions, len(sizes))))[0].T
        truth = np.repeat(np.arange(len(sizes)), sizes)
        vectors = directions[truth] + spread * random.normal(size=(len(truth), dimensions))
        return vectors.astype(np.float32), truth

    return make
