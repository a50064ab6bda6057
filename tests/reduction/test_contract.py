"""What every reducer keeps, over the whole registry."""

import numpy as np
import pytest
from sklearn.utils.estimator_checks import check_estimator

import textssl
from textssl.reduction.autoencoder import DenoisingAutoencoder
from textssl.reduction.registry import REDUCERS
from textssl.reduction.saving import load_reducer, save_reducer

pytestmark = [
    pytest.mark.parametrize("method", REDUCERS),
    pytest.mark.filterwarnings("ignore:Tensorflow not installed", "ignore:.*Spectral initialisation failed"),
]
FEW = 60  # vectors; UMAP and the autoencoder take seconds for more
# Parameters that make it fast.
QUICK = {"autoencoder": {"steps": 20}, "tsne": {"n_iter": 50, "early_exaggeration_iter": 50, "placing_iter": 5}}


def make(method, **parameters):
    if REDUCERS[method].extra:
        pytest.importorskip(REDUCERS[method].extra)
    return REDUCERS[method].estimator(**QUICK.get(method, {}), **parameters)


@pytest.fixture(scope="module")
def groups():
    """Three groups of vectors, and the group of each."""
    labels = np.arange(FEW) % 3
    return np.eye(8)[labels] + 0.05 * np.random.default_rng(0).normal(size=(FEW, 8)), labels


def test_is_a_genuine_estimator(method):
    if REDUCERS[method].extra:
        pytest.skip("it passes, after a minute of compiling and fitting")
    outcomes = check_estimator(make(method), on_fail=None, on_skip=None)
    assert {o["check_name"]: o["exception"] for o in outcomes if o["status"] == "failed"} == {}


def test_neighbours_stay_together_among_new_vectors_too(method, groups):
    vectors, labels = groups
    reducer = make(method, random_state=3).fit(vectors[:45])
    placed = reducer.transform(vectors)
    assert placed.shape == (FEW, 2)
    assert placed.dtype == np.float32
    gaps = np.linalg.norm(placed[:, None] - placed[None], axis=2) + np.diag(np.full(FEW, np.inf))
    nearest = labels[gaps.argmin(axis=1)] == labels
    assert nearest[:45].mean() > 0.9
    assert nearest[45:].mean() > 0.9


def test_the_same_before_and_after_saving(method, groups, tmp_path):
    vectors, _ = groups
    fitted = [make(method, random_state=3).fit(vectors) for _ in range(2)]
    for number, reducer in enumerate(fitted):
        save_reducer(reducer, tmp_path / str(number))
    assert (tmp_path / "0").read_bytes() == (tmp_path / "1").read_bytes()
    loaded = load_reducer(tmp_path / "0")
    assert type(loaded) is REDUCERS[method].estimator
    assert loaded.get_params() == fitted[0].get_params()
    assert loaded.notes_ == fitted[0].notes_
    new = np.random.default_rng(1).normal(size=(20, 8))
    np.testing.assert_array_equal(loaded.transform(new), fitted[0].transform(new))


def test_a_sample_is_learned_from_and_all_are_placed(method, groups):
    vectors, _ = groups
    reducer = make(method, max_samples=30, random_state=0)
    placed = reducer.fit_transform(np.vstack([vectors, vectors[:5], np.zeros((2, 8))]))
    assert f"learned from 30 of {FEW} distinct vectors; the others were placed" in reducer.notes_
    assert np.isfinite(placed).all()
    np.testing.assert_array_equal(placed[FEW : FEW + 5], placed[:5])
    np.testing.assert_array_equal(placed[-2:], 0)


def test_reduces_as_the_settings_say(method, groups):
    make(method)
    settings = textssl.ReductionSettings(method, max_samples=20)
    reduced = textssl.reduce(groups[0], 1, settings, seed=2)
    assert type(reduced.reducer) is REDUCERS[method].estimator
    assert reduced.vectors.shape == (FEW, 1)
    assert reduced.reducer.max_samples == 20
    np.testing.assert_array_equal(reduced.reducer.transform(groups[0]), reduced.vectors)


def test_all_vectors_alike(method):
    for vectors, differ in ((np.full((30, 5), 2.0), 1), (np.zeros((30, 5)), 0), (np.ones((30, 5)) * [[2]] * 3, 1)):
        with pytest.raises(textssl.DataError, match=rf"^vectors of {differ} distinct directions"):
            make(method).fit(vectors)


def test_nan_and_another_width(method, groups):
    vectors = groups[0].copy()
    reducer = make(method).fit(vectors)
    with pytest.raises(textssl.DataError, match=r"X has 5 features, but .* is expecting 8 features"):
        reducer.transform(vectors[:, :5])
    vectors[3, 1] = np.nan
    for call in (make(method).fit, reducer.transform):
        with pytest.raises(textssl.DataError, match=r"^row 3 of the vectors holds NaN or inf"):
            call(vectors)


@pytest.mark.parametrize("n_components", [0, -1, 1.5, "two"])
def test_dimensions_that_cannot_be(method, n_components, groups):
    with pytest.raises(textssl.UsageError, match=f"^n_components must be a whole number >= 1, got {n_components!r}"):
        make(method, n_components=n_components).fit(groups[0])


def test_the_autoencoder_learns_a_density_along(method, groups):
    if REDUCERS[method].estimator is DenoisingAutoencoder:
        headed = make(method, density_components=2, random_state=0).fit(groups[0])
        plain = make(method, random_state=0).fit(groups[0])
        assert headed.network_.mixture is not None
        assert not np.allclose(headed.transform(groups[0]), plain.transform(groups[0]))
