"""Very many vectors: learned from some, all placed; never copied whole."""

import tracemalloc

import numpy as np
import pytest
from sklearn.metrics import adjusted_rand_score

from textssl.clustering import base, hdbscan, kmeans, registry, rows
from textssl.clustering.registry import CLUSTERERS, cluster
from textssl.clustering.rows import distinct
from textssl.clustering.settings import ClusteringSettings


@pytest.fixture
def few(monkeypatch):
    """Learn from 200 rows, place some 40 at a time."""
    monkeypatch.setattr(base, "MOST_LEARNED", 200)
    monkeypatch.setattr(kmeans, "MOST_LEARNED", 200)
    monkeypatch.setattr(kmeans, "_MOST_PER_CLUSTER", 50)
    monkeypatch.setattr(hdbscan, "_MOST_LEARNED", 200)
    monkeypatch.setattr(rows, "BLOCK", 1_280)
    monkeypatch.setattr(registry, "CALIBRATED_ON", 200)


@pytest.mark.parametrize("method", CLUSTERERS)
def test_groups_are_learned_from_some_and_all_are_placed(method, few, make_groups):
    vectors, truth = make_groups([300, 200, 150, 100])
    found = cluster(vectors, ClusteringSettings(method, 4))
    assert adjusted_rand_score(truth, found.labels) > 0.95
    assert "groups were learned from 200 of 750 distinct texts, and all were placed in them" in found.notes
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
    assert "groups were learned from 300 of 400" in cluster(vectors, ClusteringSettings("kmeans", 6)).notes[0]


def test_the_best_starts_climb_on_a_sample_before_one_climbs_on_all(monkeypatch, make_groups):
    vectors, truth = make_groups([300, 200, 150, 100])
    climbed = []
    climb = kmeans._climb
    monkeypatch.setattr(kmeans, "_climb", lambda rows, *rest: climbed.append(len(rows)) or climb(rows, *rest))
    monkeypatch.setattr(kmeans, "_SAMPLE", 60)
    monkeypatch.setattr(kmeans, "_SAMPLE_PER_CLUSTER", 1)
    assert adjusted_rand_score(truth, kmeans.SphericalKMeans(4, n_init=5, random_state=0).fit(vectors).labels_) == 1
    assert climbed == 5 * [60] + 3 * [300] + [750]


def test_a_memory_map_is_never_copied_whole(few, tmp_path):
    np.save(tmp_path / "vectors.npy", np.random.default_rng(0).normal(size=(20_000, 128)).astype(np.float32))
    mapped = np.load(tmp_path / "vectors.npy", mmap_mode="r")
    cluster(mapped[:100], ClusteringSettings("kmeans", 3))  # what is loaded on first use
    tracemalloc.start()
    cluster(mapped, ClusteringSettings("kmeans", 3))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < mapped.nbytes * 0.6, peak


def test_rows_are_told_apart_block_by_block(few):
    vectors = np.random.default_rng(0).integers(0, 2, size=(300, 4)).astype(np.float32)
    kinds = distinct(vectors)
    assert len(kinds.first) == len(np.unique(vectors, axis=0)) == 16
    np.testing.assert_array_equal(vectors[kinds.first][kinds.inverse], vectors)
