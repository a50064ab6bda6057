"""Degenerate inputs, over the whole registry."""

import numpy as np
import pytest

from textssl.clustering.clustering import cluster
from textssl.clustering.registry import CLUSTERERS
from textssl.clustering.settings import ClusteringSettings
from textssl.errors import DataError

pytestmark = pytest.mark.parametrize("method", CLUSTERERS)


def labels_of(vectors, method, clusters="auto", **more):
    return cluster(vectors, ClusteringSettings(method=method, n_clusters=clusters, **more)).labels.tolist()


@pytest.mark.parametrize("clusters", [1, "auto"])
@pytest.mark.parametrize("row", [[0.3, 0.4, 0.5], [7.0]])
def test_one_row(method, clusters, row):
    assert labels_of([row], method, clusters) == [0]


def test_two_rows(method):
    vectors = np.eye(2)
    assert labels_of(vectors, method) == [0, 0]
    assert labels_of(vectors, method, 1) == [0, 0]
    if method == "hdbscan":
        with pytest.raises(DataError, match="fewer than 2 dense regions in 2 distinct texts"):
            labels_of(vectors, method, 2)
    else:
        assert sorted(labels_of(vectors, method, 2)) == [0, 1]


def test_three_rows(method):
    vectors = [[1, 0, 0.1], [1, 0.1, 0], [0, 1, 1]]
    a, b, c = labels_of(vectors, method, noise="nearest")
    assert a == b
    assert c != a or method == "hdbscan"  # a lone row is no dense region


@pytest.mark.parametrize("clusters", [1, "auto"])
def test_all_rows_equal(method, clusters):
    found = cluster(np.ones((30, 5)), ClusteringSettings(method=method, n_clusters=clusters))
    assert found.labels.tolist() == [0] * 30
    if clusters == "auto":
        assert any("one cluster" in note for note in found.notes)


def test_all_rows_equal_cannot_make_two(method):
    with pytest.raises(DataError, match="1 distinct vectors cannot make 2 clusters: ask for at most 1"):
        labels_of(np.ones((30, 5)), method, 2)


@pytest.mark.parametrize("clusters", [1, "auto"])
def test_all_rows_zero(method, clusters):
    with pytest.raises(DataError, match="every vector is zero: texts without a known word cannot be grouped"):
        labels_of(np.zeros((6, 4)), method, clusters)


def test_some_rows_zero(method):
    vectors = np.vstack([np.random.default_rng(0).normal(size=(20, 4)), np.zeros((3, 4))])
    assert len(set(labels_of(vectors, method, 3)[-3:])) == 1


def test_a_cluster_for_every_row(method):
    vectors = np.random.default_rng(0).normal(size=(12, 8))
    if method == "hdbscan":
        with pytest.raises(DataError, match="fewer than 12 dense regions in 12 distinct texts"):
            labels_of(vectors, method, 12)
    else:
        assert sorted(labels_of(vectors, method, 12)) == list(range(12))


def test_more_clusters_than_distinct_rows(method):
    vectors = np.random.default_rng(0).normal(size=(12, 8))
    with pytest.raises(DataError, match="12 distinct vectors cannot make 5000 clusters"):
        labels_of(np.vstack([vectors, vectors]), method, 5000)


def test_any_array_type_gives_the_same_labels(method, tmp_path):
    vectors = np.random.default_rng(0).normal(size=(50, 6)).astype(np.float32)
    np.save(tmp_path / "vectors.npy", vectors)
    mapped = np.load(tmp_path / "vectors.npy", mmap_mode="r")
    expected = labels_of(vectors, method, 3)
    for same in (vectors.astype(np.float64), vectors.tolist(), np.asfortranarray(vectors), mapped):
        assert labels_of(same, method, 3) == expected


def test_lengths_of_the_rows_do_not_matter(method):
    vectors = np.random.default_rng(0).normal(size=(40, 6)).astype(np.float32)
    scales = np.float32(2.0) ** np.arange(-20, 20)[:, None]
    found = cluster(vectors * scales, ClusteringSettings(method=method, n_clusters=3))
    np.testing.assert_array_equal(found.clusterer.predict(vectors), found.labels)


def test_one_dimension(method):
    assert len(set(labels_of([[1.0], [2.0], [-1.0], [-3.0]] * 5, method, 1))) == 1


def test_huge_and_tiny_numbers(method):
    vectors = np.vstack([np.eye(3) * 1e30, np.eye(3) * 1e-30])
    assert labels_of(vectors, method, 1) == [0] * 6


@pytest.mark.parametrize(("value", "named"), [(np.nan, "row 4"), (np.inf, "row 4"), (1e300, "row 4")])
def test_numbers_that_are_none(method, value, named):
    vectors = np.random.default_rng(0).normal(size=(10, 3))
    vectors[4, 1] = value
    with pytest.raises(DataError, match=named):
        labels_of(vectors, method)


@pytest.mark.parametrize("shape", [(5,), (2, 3, 4), (0, 4), (4, 0)])
def test_other_shapes(method, shape):
    with pytest.raises(DataError, match=r"shape|sample|feature"):
        labels_of(np.ones(shape), method)


def test_other_things(method):
    with pytest.raises(DataError):
        labels_of([["a", "b"], ["c", "d"]], method)
    with pytest.raises(DataError):
        labels_of([[1, 2], [3]], method)


def test_new_vectors_of_another_width(method):
    clusterer = cluster(np.random.default_rng(0).normal(size=(20, 4)), ClusteringSettings(method, 2)).clusterer
    with pytest.raises(DataError, match=r"X has 3 features, but .* is expecting 4 features"):
        clusterer.predict(np.ones((2, 3)))
    with pytest.raises(DataError, match="row 1 of the vectors holds NaN"):
        clusterer.predict([[1, 1, 1, 1], [1, np.nan, 1, 1]])


@pytest.mark.parametrize("clusters", [2, "auto"])
def test_rows_of_zeros_belong_nowhere(method, clusters, make_groups):
    vectors, _ = make_groups([30, 30])
    settings = ClusteringSettings(method, clusters)
    with_zeros = np.insert(vectors, [0, 7, 60], 0, axis=0)
    found, without = cluster(with_zeros, settings), cluster(vectors, settings)
    nowhere = ~with_zeros.any(axis=1)
    assert (found.labels[nowhere] == -1).all()
    assert (found.seconds[nowhere] == -1).all()
    assert not found.probabilities[nowhere].any()
    assert not found.second_probabilities[nowhere].any()
    np.testing.assert_array_equal(found.labels[~nowhere], without.labels)
    np.testing.assert_array_equal(found.probabilities[~nowhere], without.probabilities)
    assert found.clusterer.predict(np.zeros((1, 32))).tolist() == [-1]
