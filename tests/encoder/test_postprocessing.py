import numpy as np
import pytest

from textssl.encoder.postprocessing import LinearMap, fit_map, mapped, unmapped


@pytest.fixture
def vectors():
    return np.random.default_rng(0).normal(size=(500, 6)).astype(np.float32) * [9, 5, 1, 1, 1, 1] + 3


def test_centring(vectors):
    matrix, bias = fit_map(vectors, centre=True, components=0, whiten=False)
    np.testing.assert_array_equal(matrix, np.eye(6))
    np.testing.assert_allclose((vectors @ matrix.T + bias).mean(axis=0), 0, atol=1e-5)
    assert matrix.dtype == bias.dtype == np.float32


@pytest.mark.parametrize("components", [1, 2, 5])
def test_the_strongest_directions_are_taken_out(vectors, components):
    matrix, bias = fit_map(vectors, centre=True, components=components, whiten=False)
    mapped = vectors @ matrix.T + bias
    strongest = np.linalg.svd(vectors - vectors.mean(axis=0))[2][:components]
    np.testing.assert_allclose(mapped @ strongest.T, 0, atol=1e-3)
    np.testing.assert_allclose(matrix @ matrix, matrix, atol=1e-5)  # a projection
    assert np.linalg.matrix_rank(matrix, tol=1e-4) == 6 - components


@pytest.mark.parametrize("components", [0, 2])
def test_whitening_gives_what_is_left_the_same_spread(vectors, components):
    matrix, bias = fit_map(vectors, centre=True, components=components, whiten=True)
    spread = np.linalg.eigvalsh(np.cov((vectors @ matrix.T + bias).T, bias=True))
    np.testing.assert_allclose(spread, [0] * components + [1] * (6 - components), atol=1e-3)
    np.testing.assert_allclose(matrix, matrix.T, atol=1e-6)  # stretched, not turned


def test_whitening_bears_a_direction_without_spread():
    flat = np.array([[1, 5], [2, 5], [3, 5]], np.float32)
    assert np.isfinite(fit_map(flat, centre=True, components=0, whiten=True).matrix).all()


@pytest.mark.parametrize(("dimensions", "components"), [(1, 1), (1, 9), (3, 9)])
def test_one_direction_always_stays(dimensions, components):
    matrix, _ = fit_map(np.random.default_rng(0).normal(size=(20, dimensions)), True, components, False)
    assert np.linalg.matrix_rank(matrix, tol=1e-4) == 1


def test_unmapped_vectors_are_those_before_the_map(tmp_path):
    rng = np.random.default_rng(0)
    vectors = rng.normal(size=(50, 6)) + 1
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    matrix = (np.eye(6) + 0.1 * rng.normal(size=(6, 6))).astype(np.float32)
    linear_map = LinearMap(matrix, (-matrix @ vectors.mean(axis=0)).astype(np.float32))
    seen = np.vstack([mapped(vectors, linear_map, tmp_path / "mapped.npy"), np.zeros((1, 6))])
    found = unmapped(seen, linear_map)
    np.testing.assert_allclose(found[:-1], vectors, atol=1e-5)
    assert not found[-1].any()
