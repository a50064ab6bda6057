import numpy as np
import pytest

from textssl.evaluation.composition import composition, counts_of


@pytest.fixture(scope="module")
def found():
    """Return the composition of 600 texts, of which those with "a" are in cluster 0 four times in five."""
    random = np.random.default_rng(0)
    kinds = random.random(600) < 0.5
    labels = np.where(random.random(600) < np.where(kinds, 0.8, 0.2), 0, 1 + random.integers(0, 2, 600))
    return composition(labels, np.where(kinds, "a", "b").tolist())


def test_shares_and_their_intervals(found):
    assert found.values == ["a", "b"]
    np.testing.assert_allclose(found.shares.sum(axis=1), 1)
    assert found.shares[0, 0] == pytest.approx(0.8, abs=0.06)
    assert (found.low <= found.shares).all()
    assert (found.shares <= found.high).all()
    assert 0.05 < found.high[0, 0] - found.low[0, 0] < 0.15
    np.testing.assert_allclose(found.elsewhere[0], found.shares[1])


def test_a_real_difference_is_more_than_chance(found):
    assert found.q[:, 0].max() < 1e-6


def test_chance_is_not_a_difference():
    random = np.random.default_rng(1)
    labels, values = random.integers(0, 8, 800), random.choice(list("abcdef"), 800).tolist()
    assert composition(labels, values).q.min() > 0.05


def test_texts_in_no_cluster_or_without_a_value_do_not_count():
    values, clusters, counts = counts_of(np.array([0, 0, -1, 3, 3]), ["x", None, "x", "y", "x"])
    assert (values, clusters.tolist(), counts.tolist()) == (["x", "y"], [0, 3], [[1, 1], [0, 1]])
    assert composition(np.array([-1, 0]), ["x", None]).shares.shape == (0, 0)


def test_the_same_seed_gives_the_same_intervals():
    labels, values = np.array([0, 1] * 20), ["x", "y", "y", "x"] * 10
    np.testing.assert_array_equal(composition(labels, values, 3).low, composition(labels, values, 3).low)
    assert (composition(labels, values, 3).low != composition(labels, values, 4).low).any()
