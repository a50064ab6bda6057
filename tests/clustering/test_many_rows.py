"""Very many vectors: learned from some, all placed; never copied whole."""

import tracemalloc
from functools import partial

import numpy as np
import pytest
from sklearn.metrics import adjusted_rand_score

from textssl.clustering import kmeans, registry, unit_vectors
from textssl.clustering.kmeans import SphericalKMeans
from textssl.clustering.registry import CLUSTERERS, cluster
from textssl.clustering.settings import ClusteringSettings
from textssl.clustering.unit_vectors import unique_rows


@pytest.fixture
def few(monkeypatch):
    """Learn from 200 rows, assign about 40 at a time."""
    fewer = {"max_samples": 200, "max_samples_per_cluster": 50}
    for name, entry in CLUSTERERS.items():
        params = {param: fewer[param] for param in fewer.keys() & entry.make().get_params()}
        monkeypatch.setitem(CLUSTERERS, name, entry._replace(make=partial(entry.make, **params)))
    monkeypatch.setattr(unit_vectors, "BLOCK", 1_280)
    monkeypatch.setattr(registry, "CALIBRATED_ON", 200)


@pytest.mark.parametrize("method", CLUSTERERS)
def test_clusters_are_learned_from_some_and_all_are_assigned(method, few, make_groups):
    vectors, truth = make_groups([300, 200, 150, 100])
    found = cluster(vectors, ClusteringSettings(method, 4))
    assert adjusted_rand_score(truth, found.labels) > 0.95
    assert "clusters were learned from 200 of 750 distinct texts; all texts were assigned to them" in found.notes
    np.testing.assert_array_equal(found.clusterer.predict(vectors), found.labels)
    again = cluster(vectors[::-1], ClusteringSettings(method, 4))
    np.testing.assert_array_equal(again.labels[::-1], found.labels)


def test_the_smallest_dense_region_is_that_of_all_rows(few, make_groups):
    vectors, _ = make_groups([300, 200, 150, 100])
    found = cluster(vectors, ClusteringSettings("hdbscan", min_cluster_size=75))
    assert "a cluster has at least 20 of the texts learned from" in found.notes
    found = cluster(vectors[::4], ClusteringSettings("hdbscan", min_cluster_size=20))
    assert "a cluster has at least 20 texts" in found.notes


def test_more_clusters_are_learned_from_more_rows(few):
    vectors = np.random.default_rng(0).normal(size=(400, 16))
    assert "clusters were learned from 300 of 400" in cluster(vectors, ClusteringSettings("kmeans", 6)).notes[0]


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


def test_a_memory_map_is_never_copied_whole(few, tmp_path):
    np.save(tmp_path / "vectors.npy", np.random.default_rng(0).normal(size=(20_000, 128)).astype(np.float32))
    mapped = np.load(tmp_path / "vectors.npy", mmap_mode="r")
    cluster(mapped[:100], ClusteringSettings("kmeans", 3))  # what is loaded on first use
    tracemalloc.start()
    cluster(mapped, ClusteringSettings("kmeans", 3))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < mapped.nbytes * 0.6, peak


def test_distinct_rows_are_found_block_by_block(few):
    vectors = np.random.default_rng(0).integers(0, 2, size=(300, 4)).astype(np.float32)
    unique = unique_rows(vectors)
    assert len(unique.index) == len(np.unique(vectors, axis=0)) == 16
    np.testing.assert_array_equal(vectors[unique.index][unique.inverse], vectors)
