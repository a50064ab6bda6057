"""Very many vectors: learned from some, all placed; never copied whole."""

import tracemalloc

import numpy as np
import pytest
from sklearn import config_context
from sklearn.base import clone
from sklearn.metrics import adjusted_rand_score

from textssl.clustering import kmeans
from textssl.clustering.calibration import halves
from textssl.clustering.clustering import cluster
from textssl.clustering.kmeans import SphericalKMeans
from textssl.clustering.registry import CLUSTERERS
from textssl.clustering.settings import ClusteringSettings
from textssl.estimators.unit_vectors import unique_rows

FEWER = {"max_samples": 200, "max_samples_per_cluster": 50}


@pytest.fixture
def small_blocks():
    """Assign about 40 rows at a time."""
    with config_context(working_memory=1_280 * 4 / 2**20):
        yield


def learned_from_some(method, **params):
    """Return the unfitted clusterer that learns from 200 rows."""
    clusterer = CLUSTERERS[method].estimator(**params)
    return clusterer.set_params(**{name: value for name, value in FEWER.items() if name in clusterer.get_params()})


@pytest.mark.parametrize("method", CLUSTERERS)
def test_clusters_are_learned_from_some_and_all_are_assigned(method, small_blocks, make_groups):
    vectors, truth = make_groups([300, 200, 150, 100])
    clusterer = learned_from_some(method, n_clusters=4, random_state=0).fit(vectors)
    assert adjusted_rand_score(truth, clusterer.labels_) > 0.95
    assert "clusters were learned from 200 of 750 distinct texts; all texts were assigned to them" in clusterer.notes_
    np.testing.assert_array_equal(clusterer.predict(vectors), clusterer.labels_)
    again = clone(clusterer).fit(vectors[::-1])
    np.testing.assert_array_equal(again.labels_[::-1], clusterer.labels_)


def test_probabilities_are_calibrated_on_some(make_groups):
    vectors, _ = make_groups([300, 200, 150, 100])
    found = cluster(vectors, ClusteringSettings("kmeans", 4), max_calibration_samples=200)
    assert sum(bin.rows for bin in found.reliability) == 200 * len(list(halves(200, 0)))
    assert len(found.probabilities) == 750


def test_the_smallest_dense_region_is_that_of_all_rows(small_blocks, make_groups):
    vectors, _ = make_groups([300, 200, 150, 100])
    clusterer = learned_from_some("hdbscan", min_cluster_size=75)
    assert "a cluster has at least 20 of the texts learned from" in clusterer.fit(vectors).notes_
    clusterer.set_params(min_cluster_size=20)
    assert "a cluster has at least 20 texts" in clusterer.fit(vectors[::4]).notes_


def test_more_clusters_are_learned_from_more_rows():
    vectors = np.random.default_rng(0).normal(size=(400, 16))
    clusterer = learned_from_some("kmeans", n_clusters=6, random_state=0)
    assert "clusters were learned from 300 of 400" in clusterer.fit(vectors).notes_[0]


def test_the_best_starts_run_on_a_sample_before_one_runs_on_all(monkeypatch, make_groups):
    vectors, truth = make_groups([300, 200, 150, 100])
    sizes, lloyd = [], kmeans.lloyd
    monkeypatch.setattr(kmeans, "lloyd", lambda rows, *rest: sizes.append(len(rows)) or lloyd(rows, *rest))
    clusterer = SphericalKMeans(4, n_init=5, init_size=60, init_size_per_cluster=1, n_finalists=2, random_state=0)
    assert adjusted_rand_score(truth, clusterer.fit(vectors).labels_) == 1
    assert sizes == 5 * [60] + 2 * [300] + [750]
    sizes.clear()
    clusterer.set_params(init_size_per_cluster=100).fit(vectors)
    assert sizes == 5 * [400] + 2 * [750]


def test_a_memory_map_is_never_copied_whole(small_blocks, tmp_path):
    np.save(tmp_path / "vectors.npy", np.random.default_rng(0).normal(size=(20_000, 128)).astype(np.float32))
    mapped = np.load(tmp_path / "vectors.npy", mmap_mode="r")
    clusterer = learned_from_some("kmeans", n_clusters=3, random_state=0)
    clusterer.fit(mapped[:100])  # what is loaded on first use
    tracemalloc.start()
    clusterer.fit(mapped)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < mapped.nbytes * 0.6, peak


def test_distinct_rows_are_found_block_by_block(small_blocks):
    vectors = np.random.default_rng(0).integers(0, 2, size=(300, 4)).astype(np.float32)
    unique = unique_rows(vectors)
    assert len(unique.index) == len(np.unique(vectors, axis=0)) == 16
    np.testing.assert_array_equal(vectors[unique.index][unique.inverse], vectors)
