"""What every clusterer keeps, over the whole registry."""

import numpy as np
import pytest
from sklearn.metrics import adjusted_rand_score
from sklearn.utils.estimator_checks import check_estimator

from textssl.clustering.clustering import cluster
from textssl.clustering.registry import CLUSTERERS
from textssl.clustering.saving import load_clusterer, save_clusterer
from textssl.clustering.settings import ClusteringSettings

pytestmark = pytest.mark.parametrize("method", CLUSTERERS)


def test_is_a_genuine_estimator(method):
    outcomes = check_estimator(CLUSTERERS[method].estimator(), on_fail=None, on_skip=None)
    assert {o["check_name"]: o["exception"] for o in outcomes if o["status"] == "failed"} == {}


def test_finds_clear_groups(method, make_groups):
    vectors, truth = make_groups([60, 40, 30, 20])
    found = cluster(vectors, ClusteringSettings(method=method, n_clusters=4))
    assert adjusted_rand_score(truth, found.labels) > 0.95
    assert found.labels.dtype == np.int32
    assert found.probabilities.dtype == np.float32
    assert found.probabilities.min() >= 0
    assert found.probabilities.max() <= 1


@pytest.mark.parametrize("k", [1, 2, 3, 7, 12])
def test_so_many_clusters_as_asked_for(method, k, make_groups):
    vectors, _ = make_groups([30, 30, 30, 30, 30, 30], spread=0.15)
    labels = cluster(vectors, ClusteringSettings(method=method, n_clusters=k, calibrate=False)).labels
    assert set(labels.tolist()) - {-1} == set(range(k))


@pytest.mark.parametrize("clusters", [5, "auto"])
def test_predict_repeats_labels_before_and_after_saving(method, clusters, make_groups, tmp_path):
    vectors, _ = make_groups([80, 50, 30, 20, 20], spread=0.2)
    vectors = np.vstack([vectors, np.random.default_rng(1).normal(size=(40, 32)), vectors[:30]])
    found = cluster(vectors, ClusteringSettings(method=method, n_clusters=clusters))
    save_clusterer(found.clusterer, tmp_path / "clusterer.safetensors")
    loaded = load_clusterer(tmp_path / "clusterer.safetensors")
    assert type(loaded) is CLUSTERERS[method].estimator
    assert loaded.get_params() == found.clusterer.get_params()
    for clusterer in (found.clusterer, loaded):
        np.testing.assert_array_equal(clusterer.predict(vectors), found.labels)
        np.testing.assert_array_equal(clusterer.assign(vectors).probabilities, found.probabilities)
        np.testing.assert_array_equal([clusterer.predict(row[None])[0] for row in vectors[:50]], found.labels[:50])
    np.testing.assert_array_equal(loaded.labels_, found.labels)


def test_a_little_noise_changes_no_label(method, make_groups):
    vectors, _ = make_groups([50, 40, 30], spread=0.1)
    found = cluster(vectors, ClusteringSettings(method=method, n_clusters=3, calibrate=False))
    noise = 1e-6 * np.random.default_rng(3).normal(size=vectors.shape)
    np.testing.assert_array_equal(found.clusterer.predict(vectors + noise), found.labels)


def test_equal_rows_get_equal_labels(method):
    vectors = np.random.default_rng(4).normal(size=(60, 16))
    labels = cluster(
        np.vstack([vectors, vectors[::-1]]), ClusteringSettings(method=method, n_clusters=4, calibrate=False)
    ).labels
    np.testing.assert_array_equal(labels[:60], labels[60:][::-1])


def test_the_order_of_the_rows_does_not_matter(method):
    vectors = np.random.default_rng(5).normal(size=(80, 16))
    order = np.random.default_rng(6).permutation(80)
    settings = ClusteringSettings(method=method, n_clusters=4, calibrate=False)
    np.testing.assert_array_equal(cluster(vectors[order], settings).labels, cluster(vectors, settings).labels[order])


def test_one_seed_gives_the_same_bytes(method, tmp_path):
    vectors = np.random.default_rng(7).normal(size=(200, 16))
    for name in ("a", "b"):
        found = cluster(vectors, ClusteringSettings(method=method), seed=3)
        save_clusterer(found.clusterer, tmp_path / name)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


@pytest.mark.parametrize("clusters", [2, "auto"])
@pytest.mark.parametrize("seed", range(10))
def test_six_sentences(method, clusters, seed, make_groups):
    """Five distinct short sentences on two subjects, one of them said twice."""
    vectors, truth = make_groups([3, 2], dimensions=64, spread=0.06, seed=seed)
    found = cluster(
        vectors, ClusteringSettings(method=method, n_clusters=clusters, calibrate=False), seed, weights=[1, 1, 1, 1, 2]
    )
    assert adjusted_rand_score(truth, found.labels) == 1
    assert found.labels.min() == 0
