import numpy as np
import pytest

from textssl.clustering.mean_shift import mean_shift
from textssl.estimators.unit_vectors import normalized


def test_a_row_moves_half_of_the_way_to_its_neighbour_twice():
    rows = normalized(np.array([[1, 0, 0], [1, 0.2, 0], [0, 0, 1], [0, 0.2, 1]], dtype=np.float32))
    once = normalized(rows + rows[[1, 0, 3, 2]])
    np.testing.assert_allclose(mean_shift(rows, 1, 2), normalized(once + once[[1, 0, 3, 2]]), rtol=1e-6)
    np.testing.assert_allclose(mean_shift(rows, 1, 1), once, rtol=1e-6)
    np.testing.assert_array_equal(mean_shift(rows, 1, 0), rows)


def test_groups_in_many_dimensions_come_to_lie_apart(make_groups):
    rows, truth = make_groups([60, 50, 40], dimensions=200, spread=0.1)
    rows = normalized(rows)
    shifted = mean_shift(rows, 10, 2)

    def within_and_across(X):
        cosines, alike = X @ X.T, truth[:, None] == truth
        return cosines[alike].mean(), cosines[~alike].mean()

    assert within_and_across(shifted)[0] > within_and_across(rows)[0] + 0.3
    assert within_and_across(shifted)[1] < 0.1
    assert shifted.dtype == np.float32
    np.testing.assert_array_equal(mean_shift(rows, 10, 2), shifted)


@pytest.mark.parametrize(("rows", "neighbours"), [(1, 10), (5, 0)])
def test_rows_without_neighbours_stay(rows, neighbours):
    X = normalized(np.random.default_rng(0).normal(size=(rows, 4)))
    np.testing.assert_array_equal(mean_shift(X, neighbours, 2), X)


def test_few_rows_have_all_others_for_neighbours():
    X = normalized(np.random.default_rng(0).normal(size=(4, 8)))
    np.testing.assert_allclose(mean_shift(X, 10, 2), mean_shift(X, 3, 2))
