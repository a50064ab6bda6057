"""Settings, parameters and weights that cannot be, and what weights do."""

import subprocess
import sys

import numpy as np
import pytest

from textssl.clustering.agglomerative import Agglomerative
from textssl.clustering.clustering import cluster
from textssl.clustering.density import density
from textssl.clustering.gmm import ReducedGaussianMixture
from textssl.clustering.hdbscan import ReducedHDBSCAN
from textssl.clustering.kmeans import SphericalKMeans
from textssl.clustering.n_clusters import Candidate, Choice
from textssl.clustering.registry import CLUSTERERS, COMPARISONS, entries_of
from textssl.clustering.settings import ClusteringSettings
from textssl.config import build
from textssl.errors import DataError, UsageError

VECTORS = np.random.default_rng(0).normal(size=(30, 4))


def test_settings_load_nothing_heavy():
    code = "import sys, textssl.clustering.settings; sys.exit(any(m in sys.modules for m in ('numpy', 'sklearn')))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_every_method_has_a_clusterer():
    for method in (*COMPARISONS, *CLUSTERERS):
        assert ClusteringSettings(method).method == method
        assert set(entries_of(method)) <= CLUSTERERS.keys()


@pytest.mark.parametrize("n_clusters", [0, -3, "many", 2.5])
def test_settings_out_of_range(n_clusters):
    with pytest.raises(UsageError, match=rf"^clustering\.n_clusters .*, got {n_clusters!r}$"):
        build(ClusteringSettings, {"n_clusters": n_clusters})


@pytest.mark.parametrize(
    ("clusterer", "message"),
    [
        (SphericalKMeans(0), "n_clusters must be a whole number >= 1, got 0"),
        (SphericalKMeans(2.5), "n_clusters must be a whole number >= 1, got 2.5"),
        (ReducedHDBSCAN(min_cluster_size=1), "min_cluster_size must be a whole number >= 2, got 1"),
        (ReducedHDBSCAN(noise="drop"), "noise must be one of keep, nearest, soft, got 'drop'"),
        (ReducedGaussianMixture(pca_dimensions=0), "pca_dimensions must be a whole number >= 1, got 0"),
        (Agglomerative(linkage="single"), "linkage must be one of ward, average, got 'single'"),
    ],
)
def test_parameters_out_of_range(clusterer, message):
    with pytest.raises(UsageError, match=message) as caught:
        clusterer.fit(VECTORS)
    assert isinstance(caught.value, ValueError)


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        (np.ones(3), "weights have shape \\(3,\\), expected one per row: \\(30,\\)"),
        (-np.ones(30), "weights must be finite and >= 0"),
        (np.full(30, np.nan), "weights must be finite and >= 0"),
        (np.zeros(30), "all weights are zero"),
    ],
)
def test_weights_that_cannot_be(weights, message):
    with pytest.raises(DataError, match=message):
        cluster(VECTORS, ClusteringSettings("kmeans", 2), weights=weights)


def test_a_weight_counts_like_repeated_rows():
    counts = np.random.default_rng(1).integers(1, 5, size=30)
    weighted = cluster(VECTORS, ClusteringSettings("kmeans", 3), weights=counts)
    repeated = cluster(np.repeat(VECTORS, counts, axis=0), ClusteringSettings("kmeans", 3))
    np.testing.assert_array_equal(np.repeat(weighted.labels, counts), repeated.labels)


def test_kmeans_centres_are_unit_means_of_their_rows(make_groups):
    vectors, truth = make_groups([40, 30, 20])
    clusterer = SphericalKMeans(3, random_state=0).fit(vectors)
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    for group in range(3):
        mean = unit[truth == group].sum(axis=0)
        centre = clusterer.cluster_centers_[clusterer.labels_[truth == group][0]]
        np.testing.assert_allclose(centre, mean / np.linalg.norm(mean), atol=1e-5)


def test_many_rows_are_joined_as_micro_clusters(make_groups):
    vectors, truth = make_groups([120, 90, 60])
    clusterer = Agglomerative(3, max_exact=100, n_micro_clusters=40, random_state=0).fit(vectors)
    assert clusterer.anchors_.shape == (40, 32)
    assert all(len(set(clusterer.labels_[truth == group])) == 1 for group in range(3))
    assert clusterer.notes_ == ("270 texts are too many for pairwise distances: 40 micro-clusters were joined",)


def test_average_linkage_keeps_a_lone_row_apart(make_groups):
    vectors, truth = make_groups([40, 1], spread=0.02)
    labels = Agglomerative(2, linkage="average").fit(vectors).labels_
    assert len(set(labels[truth == 0])) == 1
    assert labels[-1] != labels[0]


def test_dense_rows_are_typical(make_groups):
    vectors, _ = make_groups([50], spread=0.02)
    lone = np.random.default_rng(2).normal(size=(3, 32))
    typical = density(np.vstack([vectors, lone]))
    assert typical.dtype == np.float32
    assert typical.shape == (53,)
    assert typical[:50].min() > 0.9 > 0.6 > typical[50:].max()


def test_density_is_the_mean_cosine_of_the_nearest_others():
    cosines = VECTORS @ VECTORS.T / np.outer(*[np.linalg.norm(VECTORS, axis=1)] * 2)
    np.fill_diagonal(cosines, -2)
    expected = np.sort(cosines, axis=1)[:, -4:].mean(axis=1)
    np.testing.assert_allclose(density(VECTORS, neighbours=4), expected, atol=1e-6)
    assert density(VECTORS[:1]).tolist() == [0]
    np.testing.assert_allclose(density(VECTORS[:2]), [cosines[0, 1]] * 2, atol=1e-6)


def test_density_is_measured_against_a_sample():
    sample = np.random.default_rng(7).permutation(30)[:12]
    cosines = VECTORS @ VECTORS.T / np.outer(*[np.linalg.norm(VECTORS, axis=1)] * 2)
    np.fill_diagonal(cosines, -2)
    expected = np.sort(cosines[:, sample], axis=1)[:, -3:].mean(axis=1)
    np.testing.assert_allclose(density(VECTORS, neighbours=3, seed=7, max_references=12), expected, atol=1e-6)


def test_density_errors():
    with pytest.raises(UsageError, match="neighbours must be a whole number >= 1, got 0"):
        density(VECTORS, neighbours=0)
    with pytest.raises(UsageError, match="max_references must be a whole number >= 2, got 1"):
        density(VECTORS, max_references=1)
    with pytest.raises(DataError, match="row 0"):
        density([[np.nan, 1.0]])


def test_a_number_that_was_chosen_is_lowered_where_it_cannot_be_had(monkeypatch):
    chosen = Choice(5, (Candidate(5, 0.1, None),), "5 clusters chosen")
    monkeypatch.setattr("textssl.clustering.clustering.choose_n_clusters", lambda *args, **settings: chosen)
    vectors = np.repeat(np.eye(3), 4, axis=0)
    assert set(cluster(vectors).labels) == {0, 1, 2}
    with pytest.raises(DataError, match="3 distinct vectors cannot make 5 clusters"):
        cluster(vectors, ClusteringSettings(n_clusters=5))
