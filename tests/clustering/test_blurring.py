import numpy as np
import pytest

from textssl.clustering.blurring import blur
from textssl.clustering.rows import directions


def test_a_row_moves_half_of_the_way_to_its_neighbour_twice():
    rows = directions(np.array([[1, 0, 0], [1, 0.2, 0], [0, 0, 1], [0, 0.2, 1]], dtype=np.float32))
    once = directions(rows + rows[[1, 0, 3, 2]])
    np.testing.assert_allclose(blur(rows, 1), directions(once + once[[1, 0, 3, 2]]), rtol=1e-6)


def test_groups_in_many_dimensions_come_to_lie_apart(make_groups):
    rows, truth = make_groups([60, 50, 40], dimensions=200, spread=0.1)
    rows = directions(rows)
    blurred = blur(rows, 10)

    def within_and_across(X):
        cosines, alike = X @ X.T, truth[:, None] == truth
        return cosines[alike].mean(), cosines[~alike].mean()

    assert within_and_across(blurred)[0] > within_and_across(rows)[0] + 0.3
    assert within_and_across(blurred)[1] < 0.1
    assert blurred.dtype == np.float32
    np.testing.assert_array_equal(blur(rows, 10), blurred)


@pytest.mark.parametrize(("rows", "neighbours"), [(1, 10), (5, 0)])
def test_rows_without_neighbours_stay(rows, neighbours):
    X = directions(np.random.default_rng(0).normal(size=(rows, 4)))
    np.testing.assert_array_equal(blur(X, neighbours), X)


def test_few_rows_have_all_others_for_neighbours():
    X = directions(np.random.default_rng(0).normal(size=(4, 8)))
    np.testing.assert_allclose(blur(X, 10), blur(X, 3))
