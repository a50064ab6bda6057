"""The clusterers as scikit-learn's users meet them: public, documented, in pipelines, with every parameter."""

import ast
import doctest
import inspect
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from sklearn import config_context
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import adjusted_rand_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.validation import has_fit_parameter

import textssl.clustering
from textssl.clustering import (
    Agglomerative,
    LinkedKMeans,
    MiniBatchSphericalKMeans,
    ReducedGaussianMixture,
    ReducedHDBSCAN,
    SphericalKMeans,
)
from textssl.clustering.registry import CLUSTERERS, COMPARISONS, entries_of
from textssl.clustering.settings import ClusteringSettings
from textssl.errors import UsageError
from textssl.estimators.unit_vectors import blocks

ESTIMATORS = [entry.estimator for entry in CLUSTERERS.values()]
every_estimator = pytest.mark.parametrize("estimator", ESTIMATORS)


@pytest.fixture
def with_zeros(make_groups):
    """Four groups, and a row of zeros at the end."""
    vectors, _ = make_groups([40, 30, 20, 10], spread=0.2)
    return np.vstack([vectors, np.zeros((1, 32), np.float32)])


def test_public_names_are_loaded_when_used():
    code = (
        "import sys, textssl.clustering as c; dir(c); c.ClusteringSettings; "
        "print({'numpy', 'sklearn', 'torch'} & {*sys.modules}); print(c.SphericalKMeans.__name__)"
    )
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert shown.split() == ["set()", "SphericalKMeans"]
    with pytest.raises(AttributeError, match="no attribute 'KMeans'"):
        _ = textssl.clustering.KMeans


def test_every_clusterer_is_public():
    assert {estimator.__name__ for estimator in ESTIMATORS} <= set(textssl.clustering.__all__)
    assert all(getattr(textssl.clustering, name).__doc__ for name in textssl.clustering.__all__)


def test_a_type_checker_knows_the_public_names():
    """The stub may leave out a clusterer, whose public name comes from the registry."""
    stub = ast.parse(Path(textssl.clustering.__file__).with_suffix(".pyi").read_text(encoding="utf-8"))
    found = {alias.name: node.module for node in stub.body if isinstance(node, ast.ImportFrom) for alias in node.names}
    clusterers = {estimator.__name__ for estimator in ESTIMATORS}
    assert found.items() <= textssl.clustering._PUBLIC.items()
    assert found.keys() | clusterers == set(textssl.clustering.__all__)


@every_estimator
def test_every_parameter_is_documented_with_its_type_and_default(estimator):
    described = inspect.getdoc(estimator).partition("Parameters:")[2].partition("Attributes:")[0]
    for name, parameter in inspect.signature(estimator).parameters.items():
        line = re.search(rf"^ +{name}: (.+)$", described, re.MULTILINE)
        assert line, name
        default = f"{parameter.default:_}" if type(parameter.default) is int else str(parameter.default)
        default = f'"{default}"' if isinstance(parameter.default, str) else default.replace("1e-05", "1e-5")
        assert re.match(rf".+, default {re.escape(default)}\. [A-Z]", line[1]), line[0]


@every_estimator
def test_every_attribute_is_documented(estimator, make_groups):
    described = inspect.getdoc(estimator).partition("Attributes:")[2]
    fitted = estimator(n_clusters=3).fit(make_groups([20, 20, 20])[0])
    learned = [name for name in vars(fitted) if name.endswith("_") and not name.startswith("_")]
    assert set(estimator.STATE) <= set(learned)
    for name in learned:
        assert re.search(rf"\b{name}\b", described), name


@every_estimator
def test_the_examples_run(estimator):
    examples = doctest.DocTestFinder().find(estimator, estimator.__name__, globs={})[0]
    assert examples.examples
    assert doctest.DocTestRunner().run(examples).failed == 0


@pytest.mark.parametrize("estimator", [SphericalKMeans, MiniBatchSphericalKMeans])
def test_transform_gives_the_cosines_to_the_centres(estimator, with_zeros):
    fitted = estimator(4, random_state=0).fit(with_zeros)
    cosines = fitted.transform(with_zeros)
    assert cosines.shape == (101, 4)
    assert cosines.dtype == np.float32
    unit = with_zeros[:-1] / np.linalg.norm(with_zeros[:-1], axis=1, keepdims=True)
    np.testing.assert_allclose(cosines[:-1], unit @ fitted.cluster_centers_.T, atol=1e-6)
    np.testing.assert_array_equal(cosines[:-1].argmax(axis=1), fitted.labels_[:-1])
    assert not cosines[-1].any()


@pytest.mark.parametrize("estimator", [LinkedKMeans, Agglomerative])
def test_transform_gives_the_cosine_to_the_most_similar_anchor(estimator, with_zeros):
    fitted = estimator(4, random_state=0).fit(with_zeros)
    cosines = fitted.transform(with_zeros)
    assert cosines.shape == (101, 4)
    assert cosines.dtype == np.float32
    unit = with_zeros[:-1] / np.linalg.norm(with_zeros[:-1], axis=1, keepdims=True)
    for label in range(4):
        anchors = fitted.anchors_[fitted.anchor_labels_ == label]
        np.testing.assert_allclose(cosines[:-1, label], (unit @ anchors.T).max(axis=1), atol=1e-6)
    np.testing.assert_array_equal(cosines[:-1].argmax(axis=1), fitted.labels_[:-1])
    assert not cosines[-1].any()


@pytest.mark.parametrize("estimator", [SphericalKMeans, MiniBatchSphericalKMeans, ReducedGaussianMixture])
def test_predict_proba_gives_a_distribution_per_row(estimator, with_zeros):
    fitted = estimator(4, random_state=0).fit(with_zeros)
    shares = fitted.predict_proba(with_zeros)
    assert shares.shape == (101, 4)
    assert shares.dtype == np.float32
    np.testing.assert_allclose(shares[:-1].sum(axis=1), 1, atol=1e-5)
    np.testing.assert_array_equal(shares[:-1].argmax(axis=1), fitted.labels_[:-1])
    np.testing.assert_allclose(shares.max(axis=1), fitted.probabilities_, atol=1e-6)
    assert not shares[-1].any()


def test_results_of_many_rows_come_in_blocks(with_zeros):
    fitted = SphericalKMeans(4, random_state=0).fit(with_zeros)
    whole = fitted.transform(with_zeros), fitted.predict_proba(with_zeros)
    assert len(list(blocks(101, 32))) == 1
    with config_context(working_memory=320 * 4 / 2**20):
        assert [(block.start, block.stop) for block in blocks(101, 32)][-2:] == [(90, 100), (100, 101)]
        np.testing.assert_allclose(fitted.transform(with_zeros), whole[0], atol=1e-6)
        np.testing.assert_allclose(fitted.predict_proba(with_zeros), whole[1], atol=1e-5)


@every_estimator
def test_it_ends_a_pipeline(estimator, make_groups):
    vectors, truth = make_groups([40, 30, 20])
    pipeline = make_pipeline(StandardScaler(with_std=False), estimator(n_clusters=3, random_state=0))
    labels = clone(pipeline).fit_predict(vectors)
    assert adjusted_rand_score(truth, labels) > 0.95
    np.testing.assert_array_equal(pipeline.fit(vectors).predict(vectors), labels)


def test_cosines_feed_the_next_step_of_a_pipeline(make_groups):
    vectors, truth = make_groups([40, 30, 20])
    pipeline = make_pipeline(SphericalKMeans(3, random_state=0), LogisticRegression())
    assert pipeline.fit(vectors, truth).score(vectors, truth) == 1
    frame = SphericalKMeans(3, random_state=0).set_output(transform="pandas").fit_transform(vectors)
    assert list(frame.columns) == ["sphericalkmeans0", "sphericalkmeans1", "sphericalkmeans2"]


def test_least_shares_decide_whether_a_small_group_is_a_cluster(make_groups):
    vectors, truth = make_groups([300, 300, 6], spread=0.1)
    small = truth == 2
    for share, is_cluster in ((0.01, True), (0.5, False)):
        labels = LinkedKMeans(3, min_shares=(share,), random_state=0).fit(vectors).labels_
        assert (len(set(labels[small]) - set(labels[~small])) == 1) == is_cluster


def test_small_groups_are_as_many_as_asked_for(make_groups):
    vectors, _ = make_groups([60, 50, 40], spread=0.2)
    assert LinkedKMeans(3, groups_per_cluster=5, n_init=1).fit(vectors).anchors_.shape == (15, 32)


def test_mean_shift_is_a_choice(make_groups):
    vectors, _ = make_groups([100, 80, 60], dimensions=200, spread=0.2)
    shifted, unshifted = (ReducedHDBSCAN(n_shifts=n, n_neighbors=3).fit(vectors) for n in (2, 0))
    assert shifted.notes_[0] == "vectors moved towards their 3 nearest (mean shift)"
    assert unshifted.notes_[0].startswith("PCA reduced")
    assert (unshifted.labels_ < 0).sum() > (shifted.labels_ < 0).sum()


def test_a_larger_tolerance_stops_earlier(with_zeros):
    thorough, hasty = (SphericalKMeans(4, n_init=1, tol=tol, random_state=0).fit(with_zeros) for tol in (0, 1))
    assert hasty.n_iter_ == 2 < thorough.n_iter_


def test_final_iterations_follow_the_batches():
    vectors = np.random.default_rng(0).normal(size=(500, 8))
    few, more = (MiniBatchSphericalKMeans(20, final_iter=n, tol=0, random_state=0).fit(vectors) for n in (1, 9))
    assert few.n_iter_ == 1 < more.n_iter_ <= 9


@pytest.mark.parametrize(
    ("estimator", "name", "message"),
    [
        (SphericalKMeans(tol=-1), "tol", "must be a number from 0 to 1, got -1"),
        (SphericalKMeans(init_size=0), "init_size", "must be a whole number >= 1, got 0"),
        (SphericalKMeans(n_finalists=0), "n_finalists", "must be a whole number >= 1, got 0"),
        (MiniBatchSphericalKMeans(final_iter=0), "final_iter", "must be a whole number >= 1, got 0"),
        (MiniBatchSphericalKMeans(tol="no"), "tol", "must be a number from 0 to 1, got 'no'"),
        (LinkedKMeans(groups_per_cluster=0), "groups_per_cluster", "must be a whole number >= 1, got 0"),
        (LinkedKMeans(min_shares=()), "min_shares", "must hold at least one share of the mean cluster size, got none"),
        (LinkedKMeans(min_shares=(2,)), "min_shares", "must be a number from 0 to 1, got 2"),
        (Agglomerative(n_micro_clusters=0), "n_micro_clusters", "must be a whole number >= 1, got 0"),
        (ReducedHDBSCAN(n_shifts=-1), "n_shifts", "must be a whole number >= 0, got -1"),
        (ReducedHDBSCAN(n_neighbors=0), "n_neighbors", "must be a whole number >= 1, got 0"),
        *((estimator(max_samples=0), "max_samples", "must be a whole number >= 1, got 0") for estimator in ESTIMATORS),
    ],
)
def test_parameters_out_of_range(estimator, name, message):
    with pytest.raises(UsageError, match=re.escape(f"{name} {message}")):
        estimator.fit(np.eye(3))


@pytest.mark.parametrize("entry", CLUSTERERS.values(), ids=CLUSTERERS)
def test_an_entry_is_right_about_its_clusterer(entry):
    assert entry.takes_weights == has_fit_parameter(entry.estimator, "sample_weight")
    assert entry.finds_k == (entry.estimator().n_clusters is None)
    assert set(entry.settings) <= entry.estimator().get_params().keys() & vars(ClusteringSettings()).keys()


def test_a_method_that_compares_can_what_all_that_it_compares_can():
    assert list(entries_of("auto")) == ["kmeans", "linked_kmeans"] == list(COMPARISONS["auto"])
    assert entries_of("gmm") == {"gmm": CLUSTERERS["gmm"]}
    with pytest.raises(UsageError, match=r"no clustering method is called 'kmean' \(nearest: 'kmeans'\)"):
        entries_of("kmean")
