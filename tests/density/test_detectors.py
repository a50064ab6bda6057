"""What every novelty detector keeps, over the whole registry."""

import numpy as np
import pytest
from safetensors.numpy import save_file
from scipy import sparse
from sklearn.base import clone
from sklearn.neighbors import KernelDensity
from sklearn.utils.estimator_checks import check_estimator

from textssl.density.base import folds, percentiles
from textssl.density.groups import GroupDistance, non_negative_weights
from textssl.density.kernel import KernelLogDensity
from textssl.density.neighbours import NeighbourDistance
from textssl.density.registry import DETECTORS
from textssl.density.saving import load_detector, save_detector
from textssl.errors import DataError, UsageError
from textssl.estimators.unit_vectors import unit_rows
from textssl.estimators.validation import ParameterError, VectorError

FEW = {"steps": 60}  # training steps, where there are any
VECTORS = [name for name, entry in DETECTORS.items() if not entry.bags]
every = pytest.mark.parametrize("method", DETECTORS)
of_vectors = pytest.mark.parametrize("method", VECTORS)


def make(method, **parameters):
    detector = DETECTORS[method].estimator(random_state=0)
    few = {name: value for name, value in FEW.items() if name in detector.get_params()}
    return detector.set_params(**few, **parameters)


def rows_of(method, n, seed, odd=False):
    """Return rows around three directions, or bags of a few words; odd ones lie elsewhere."""
    rng = np.random.default_rng(seed)
    if DETECTORS[method].bags:
        words = rng.integers(40, 200, size=(n, 8)) if odd else rng.integers(0, 40, size=(n, 8))
        bags = np.zeros((n, 200), np.float32)
        np.put_along_axis(bags, words, 1, axis=1)
        return bags
    centres = np.eye(16)[3:] if odd else np.eye(16)[:3]
    return rng.choice(centres, size=n) + 0.1 * rng.normal(size=(n, 16))


@pytest.fixture(scope="module")
def fitted():
    return {method: make(method).fit(rows_of(method, 300, 0)) for method in DETECTORS}


@of_vectors
def test_is_a_genuine_estimator(method):
    detector = make(method)
    if "steps" in detector.get_params():
        detector.set_params(steps=1)
    if "transforms" in detector.get_params():
        detector.set_params(transforms=1)
    outcomes = check_estimator(detector, on_fail=None, on_skip=None)
    assert {o["check_name"]: o["exception"] for o in outcomes if o["status"] == "failed"} == {}


@every
def test_odd_rows_score_lowest(method, fitted):
    usual, odd = rows_of(method, 50, 1), rows_of(method, 50, 1, odd=True)
    detector = fitted[method]
    assert detector.score_samples(odd).max() < np.quantile(detector.score_samples(usual), 0.1)
    assert (detector.predict(odd) == -1).all()
    assert detector.novelty(odd).min() > 0.95
    assert 0.3 < detector.novelty(usual).mean() < 0.7


@every
def test_training_rows_score_as_if_kept_aside(method, fitted):
    known, new = rows_of(method, 300, 0), rows_of(method, 300, 2)
    known_novelty, new_novelty = fitted[method].novelty(known).mean(), fitted[method].novelty(new).mean()
    assert known_novelty == pytest.approx(new_novelty, abs=0.15)


@pytest.mark.parametrize("method", ["gmm", "flow"])
def test_a_log_density_integrates_to_one(method):
    angles = np.random.default_rng(0).normal(scale=0.3, size=400)
    detector = make(method).fit(np.stack([np.cos(angles), np.sin(angles)], axis=1))
    grid = np.linspace(-2.5, 2.5, 251)
    points = np.stack(np.meshgrid(grid, grid), axis=-1).reshape(-1, 2)
    assert np.exp(detector._score(points)).sum() * (grid[1] - grid[0]) ** 2 == pytest.approx(1, abs=0.05)


def test_a_kernel_density_is_that_of_scikit_learn():
    known, new = (unit_rows(rows_of("kernel", 60, seed), np.arange(60)).astype(float) for seed in (0, 1))
    detector = KernelLogDensity(bandwidth=0.3).fit(known)
    expected = KernelDensity(bandwidth=0.3).fit(known).score_samples(new)
    np.testing.assert_allclose(detector.score_samples(new), expected, atol=1e-3)
    with pytest.raises(ParameterError, match="bandwidth must be a number > 0 or 'auto', got -1"):
        KernelLogDensity(bandwidth=-1).fit(known)


@every
def test_saved_and_loaded(method, fitted, tmp_path):
    save_detector(fitted[method], tmp_path / "detector.safetensors")
    loaded = load_detector(tmp_path / "detector.safetensors")
    assert type(loaded) is DETECTORS[method].estimator
    assert loaded.get_params() == fitted[method].get_params()
    rows = rows_of(method, 30, 3)
    np.testing.assert_array_equal(loaded.score_samples(rows), fitted[method].score_samples(rows))
    np.testing.assert_array_equal(loaded.predict(rows), fitted[method].predict(rows))
    np.testing.assert_array_equal(loaded.novelty(rows), fitted[method].novelty(rows))


@every
def test_one_seed_one_model(method, fitted, tmp_path):
    again = clone(fitted[method]).fit(rows_of(method, 300, 0))
    for name, detector in (("a", fitted[method]), ("b", again)):
        save_detector(detector, tmp_path / name)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


@every
def test_zero_rows_are_ignored_and_the_oddest(method, fitted):
    rows = rows_of(method, 300, 0)
    with_zeros = clone(fitted[method]).fit(np.vstack([rows, np.zeros((20, rows.shape[1]))]))
    np.testing.assert_array_equal(with_zeros.score_samples(rows[:20]), fitted[method].score_samples(rows[:20]))
    zeros = np.zeros((2, rows.shape[1]))
    assert with_zeros.score_samples(zeros).tolist() == [-np.inf] * 2
    assert with_zeros.novelty(zeros).tolist() == [1, 1]
    assert with_zeros.predict(zeros).tolist() == [-1, -1]


@every
def test_two_rows_suffice(method):
    rows = rows_of(method, 2, 4)
    detector = make(method).fit(rows)
    assert np.isfinite(detector.score_samples(rows_of(method, 5, 5))).all()


@every
def test_contamination_is_the_share_of_outliers(method):
    rows = rows_of(method, 300, 0)
    found = make(method, contamination=0.2).fit(rows).predict(rows)
    assert (found == -1).mean() == pytest.approx(0.2, abs=0.02)


@every
@pytest.mark.parametrize("contamination", [0, -0.1, 0.6, 2, True, "much"])
def test_contamination_out_of_range(method, contamination):
    with pytest.raises(ParameterError, match=r"contamination must be a number > 0 and <= 0\.5, got"):
        make(method, contamination=contamination).fit(rows_of(method, 20, 0))


@every
def test_equal_rows(method):
    with pytest.raises(VectorError, match=r"all 6 texts are equal .*: expected at least 2 that differ"):
        make(method).fit(np.repeat(rows_of(method, 1, 0), 6, axis=0))


@every
def test_too_few_rows(method):
    rows = rows_of(method, 3, 0)
    rows[1:] = 0
    with pytest.raises(VectorError, match="1 samples of texts with known words: expected at least 2"):
        make(method).fit(rows)


@of_vectors
@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_not_a_number(method, value, fitted):
    rows = rows_of(method, 20, 0)
    rows[3, 2] = value
    for call in (make(method).fit, fitted[method].predict):
        with pytest.raises(VectorError, match="row 3 of the vectors holds NaN or inf"):
            call(rows)


@every
def test_vectors_of_another_width(method, fitted):
    rows = rows_of(method, 4, 0)
    with pytest.raises(VectorError, match=f"has {rows.shape[1] - 1} features, but .* expecting {rows.shape[1]}"):
        fitted[method].score_samples(rows[:, 1:])


@pytest.mark.parametrize("method", ["neighbours", "letters"])
def test_fewer_texts_than_neighbours(method):
    with pytest.raises(VectorError, match="texts to learn from have no 20 neighbours each: ask for at most 1"):
        make(method, n_neighbors=20).fit(rows_of(method, 20, 0))
    with pytest.raises(ParameterError, match="n_neighbors must be a whole number >= 1, got 0"):
        make(method, n_neighbors=0).fit(rows_of(method, 20, 0))


@pytest.mark.parametrize("method", ["gmm", "groups"])
def test_fewer_texts_than_parts(method):
    name = "n_components" if method == "gmm" else "n_groups"
    with pytest.raises(VectorError, match=r"texts .*cannot make 30"):
        make(method, **{name: 30}).fit(rows_of(method, 20, 0))


@pytest.mark.parametrize("method", [name for name, entry in DETECTORS.items() if entry.bags])
def test_dense_and_sparse_bags_score_the_same(method, fitted):
    bags = rows_of(method, 20, 6)
    np.testing.assert_array_equal(
        fitted[method].score_samples(sparse.csr_array(bags)), fitted[method].score_samples(bags)
    )


def test_many_rows_are_sampled():
    rows = rows_of("neighbours", 300, 0)
    detector = NeighbourDistance(max_samples=50, random_state=0).fit(rows)
    assert len(detector.rows_) == 50
    assert (detector.predict(rows) == -1).mean() == pytest.approx(0.05, abs=0.05)


def test_weights_are_the_nearest_non_negative_ones():
    from scipy.optimize import nnls

    rng = np.random.default_rng(0)
    rows, centres = rng.normal(size=(20, 8)), rng.normal(size=(5, 8))
    expected = [nnls(centres.T, row)[0] for row in rows]
    np.testing.assert_allclose(non_negative_weights(rows, centres), expected, atol=1e-3)


def test_a_mixture_of_groups_is_not_odd():
    rows = np.repeat(np.eye(6)[:2], 30, axis=0) + 0.02 * np.random.default_rng(0).normal(size=(60, 6))
    detector = GroupDistance(2, random_state=0).fit(rows)
    between, beyond = detector.score_samples([[1, 1, 0, 0, 0, 0], [1, 0, 0, 0, 0, 1]])
    assert between > -0.1
    assert beyond < -0.6


@pytest.mark.parametrize(("n", "kept"), [(2, 2), (7, 7), (100, 100), (500, 200), (3_000, 600)])
def test_folds_keep_enough_aside(n, kept):
    parts = list(folds(n, 0))
    aside = np.concatenate([part for _, part in parts])
    assert len(aside) == len(set(aside.tolist())) == kept
    assert all(len(rest) + len(part) == n and not set(rest) & set(part) for rest, part in parts)


def test_percentiles():
    assert percentiles(np.array([-np.inf, 0.0, 1.5, 9.0]), np.array([3.0, 1.0, 2.0, 1.5])).tolist() == [1, 1, 0.625, 0]


def test_files_that_hold_no_detector(tmp_path):
    with pytest.raises(DataError, match="cannot read"):
        load_detector(tmp_path / "nothing")
    save_file({"weight": np.ones(3)}, tmp_path / "model.safetensors")
    with pytest.raises(DataError, match="is damaged or not a detector of textssl: fit the detector again"):
        load_detector(tmp_path / "model.safetensors")


def test_a_class_that_is_not_registered(tmp_path):
    class Mine(NeighbourDistance):
        pass

    with pytest.raises(UsageError, match="Mine is not registered"):
        save_detector(Mine().fit(rows_of("neighbours", 20, 0)), tmp_path / "out")
