import numpy as np
import pytest
import torch

from textssl.training.autoencoder import encode, errors_and_log_densities, from_arrays, to_arrays, train_autoencoder


@pytest.fixture(scope="module")
def vectors():
    """Three groups in a plane of a space of 12 dimensions, with a little noise."""
    rng = np.random.default_rng(0)
    plane = rng.normal(size=(2, 12))
    codes = rng.choice([[-3.0, 0.0], [3.0, 0.0], [0.0, 4.0]], size=600) + rng.normal(scale=0.3, size=(600, 2))
    return (codes @ plane + rng.normal(scale=0.05, size=(600, 12)) + 5).astype(np.float32)


@pytest.fixture(scope="module")
def model(vectors):
    return train_autoencoder(vectors, 2, components=3, steps=400)


def test_a_plane_is_reconstructed(model, vectors):
    errors, _ = errors_and_log_densities(model, vectors)
    assert errors.mean() < 0.05


def test_the_density_is_that_of_the_groups(model, vectors):
    inside = errors_and_log_densities(model, vectors)[1]
    between = errors_and_log_densities(model, vectors.mean(axis=0, keepdims=True))[1]
    assert between[0] < np.quantile(inside, 0.02)


def test_the_mixture_integrates_to_one(model):
    grid = torch.linspace(-8, 8, 401)
    points = torch.cartesian_prod(grid, grid)
    with torch.no_grad():
        total = model.mixture(points).exp().sum().item() * 0.04**2
    assert total == pytest.approx(1, abs=0.02)


def test_the_code_has_unit_variance(model, vectors):
    assert encode(model, vectors).std(axis=0) == pytest.approx([1, 1], abs=0.2)


def test_one_seed_one_model(vectors):
    first, again, other = (train_autoencoder(vectors, 2, seed=seed, steps=5) for seed in (0, 0, 1))
    assert np.array_equal(encode(first, vectors), encode(again, vectors))
    assert not np.array_equal(encode(first, vectors), encode(other, vectors))


@pytest.mark.parametrize("components", [0, 2])
def test_arrays_make_an_equal_model(vectors, components):
    model = train_autoencoder(vectors, 2, components, steps=5)
    again = from_arrays(to_arrays(model))
    assert np.array_equal(encode(model, vectors), encode(again, vectors))
    assert (again.mixture is None) == (components == 0)


def test_arrays_of_other_shapes_are_refused(vectors):
    arrays = to_arrays(train_autoencoder(vectors, 2, steps=2))
    with pytest.raises(ValueError, match="size mismatch"):
        from_arrays(arrays | {"decoder.0.weight": np.zeros((3, 3), np.float32)})
    del arrays["encoder.0.weight"]
    with pytest.raises(KeyError):
        from_arrays(arrays)


def test_equal_vectors_have_finite_codes():
    equal = np.ones((20, 4), np.float32)
    assert np.isfinite(encode(train_autoencoder(equal, 2, steps=5), equal)).all()
