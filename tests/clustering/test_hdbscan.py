import numpy as np
import pytest
from hdbscan import HDBSCAN

from textssl.clustering.clustering import cluster
from textssl.clustering.condensed_tree import Regions, cut, noise_probabilities, select
from textssl.clustering.hdbscan import auto_size, fit_tree
from textssl.clustering.saving import load_clusterer, save_clusterer
from textssl.clustering.settings import ClusteringSettings
from textssl.errors import DataError


@pytest.fixture
def noisy(make_groups):
    """Return three groups and, at the end, 30 vectors that belong to none."""
    vectors, _ = make_groups([60, 50, 40], spread=0.05)
    return np.vstack([vectors, np.random.default_rng(1).normal(size=(30, 32))])


def test_noise_is_kept_or_joins_the_nearest(noisy):
    kept = cluster(noisy, ClusteringSettings("hdbscan", calibrate=False))
    joined = cluster(noisy, ClusteringSettings("hdbscan", calibrate=False, noise="nearest"))
    noise = kept.labels < 0
    assert 0 < noise.mean() < 0.3
    assert joined.labels.min() == 0
    np.testing.assert_array_equal(joined.labels[~noise], kept.labels[~noise])
    assert joined.probabilities[noise].max() == 0
    assert any("were noise and joined the nearest cluster" in note for note in joined.notes)
    np.testing.assert_array_equal(joined.clusterer.predict(noisy), joined.labels)


@pytest.mark.parametrize("clusters", ["auto", 2, 3])
def test_soft_noise_is_less_firm_than_members(noisy, clusters, tmp_path):
    kept = cluster(noisy, ClusteringSettings("hdbscan", calibrate=False, n_clusters=clusters))
    joined = cluster(noisy, ClusteringSettings("hdbscan", calibrate=False, n_clusters=clusters, noise="nearest"))
    soft = cluster(noisy, ClusteringSettings("hdbscan", calibrate=False, n_clusters=clusters, noise="soft"))
    noise = kept.labels < 0
    assert noise.any()
    np.testing.assert_array_equal(soft.labels, joined.labels)
    np.testing.assert_array_equal(soft.probabilities[~noise], kept.probabilities[~noise])
    assert soft.probabilities.min() > 0
    assert soft.probabilities.max() <= 1
    for label in np.unique(soft.labels[noise]):
        of_label = soft.labels == label
        assert soft.probabilities[noise & of_label].max() <= soft.probabilities[~noise & of_label].min()
    assert soft.probabilities[noise].mean() < soft.probabilities[~noise].mean()
    save_clusterer(soft.clusterer, tmp_path / "soft")
    for clusterer in (soft.clusterer, load_clusterer(tmp_path / "soft")):
        placed = clusterer.assign(noisy)
        np.testing.assert_array_equal(placed.labels, soft.labels)
        np.testing.assert_array_equal(placed.probabilities, soft.probabilities)
        one_by_one = [clusterer.assign(row[None]).probabilities[0] for row in noisy[::10]]
        np.testing.assert_array_equal(one_by_one, soft.probabilities[::10])


def test_soft_noise_is_its_share_of_the_highest_density():
    """Two points of one cluster, and three that joined it: a sparse one, one dense elsewhere, one of another."""
    found = Regions(np.array([0, 0, 0, 0, 1, 1]), np.array([1, 0.5, 0, 0, 1, 0]))
    outside = np.array([False, False, True, True, False, True])
    found.shares[outside] = noise_probabilities(found, outside, np.array([9.0, 4.0, 2.0, 7.0, 3.0, 1.0]))
    # the first point outlives its cluster, of highest density 8, in a part of it: its share was clipped to 1
    np.testing.assert_allclose(found.shares, [1, 0.5, 0.25, 0.5, 1, 1 / 3])


@pytest.mark.parametrize("noise", ["keep", "soft"])
def test_a_new_row_is_less_firm_the_farther_it_lies(make_groups, noise):
    vectors, truth = make_groups([60, 50, 40], spread=0.02)
    clusterer = cluster(vectors, ClusteringSettings("hdbscan", calibrate=False, noise=noise)).clusterer
    firm = clusterer.probabilities_[truth == 0].argmax()
    away = vectors[truth == 1].mean(axis=0)
    placed = clusterer.assign(vectors[firm] + np.array([[0], [1e-12], [0.3], [0.5], [0.7]]) * away)
    assert (placed.labels == clusterer.labels_[firm]).all()
    assert placed.probabilities[0] == placed.probabilities[1] == 1
    assert 1 > placed.probabilities[2] > placed.probabilities[3] > placed.probabilities[4] > 0


@pytest.mark.parametrize("clusters", ["auto", 1])
def test_one_cluster_of_all_texts_is_soft_for_none(clusters):
    vectors = np.random.default_rng(0).normal(size=(6, 8))
    found = cluster(
        vectors[:4],
        ClusteringSettings("hdbscan", calibrate=False, n_clusters=clusters, min_cluster_size=3, noise="soft"),
    )
    assert found.probabilities.tolist() == [1] * 4
    placed = found.clusterer.assign(vectors)
    assert placed.labels.tolist() == [0] * 6
    assert placed.probabilities[:4].tolist() == [1] * 4


def test_the_notes_say_what_was_reduced(noisy):
    notes = cluster(noisy, ClusteringSettings("hdbscan", calibrate=False, pca_dimensions=4)).notes
    assert notes[0] == "vectors moved towards their 4 nearest (mean shift)"
    assert notes[1].startswith("PCA reduced 32 dimensions to 4, which keep")


def test_weights_are_said_not_to_count(noisy):
    notes = cluster(noisy, ClusteringSettings("hdbscan", calibrate=False), weights=np.arange(len(noisy))).notes
    assert "hdbscan counts each distinct text once, however often it occurs" in notes


@pytest.mark.parametrize(("n", "size"), [(1, 2), (5, 2), (60, 5), (400, 5), (20_000, 35)])
def test_auto_size(n, size):
    assert auto_size(n) == size


def test_a_cut_at_the_number_density_shows_is_what_hdbscan_selects(noisy):
    model = HDBSCAN(min_cluster_size=5, min_samples=3).fit(noisy)
    k = model.labels_.max() + 1
    tree = model.condensed_tree_.to_numpy()
    found = cut(tree, len(noisy), k)
    assert k == 3
    np.testing.assert_array_equal(select(tree, len(noisy)).labels, found.labels)
    np.testing.assert_array_equal(found.labels < 0, model.labels_ < 0)
    assert len(set(zip(found.labels.tolist(), model.labels_.tolist(), strict=True))) == k + 1
    np.testing.assert_allclose(found.shares, model.probabilities_, rtol=1e-6)


def _tree(rows):
    types = [("parent", int), ("child", int), ("lambda_val", float), ("child_size", int)]
    return np.array(rows, dtype=types)


@pytest.mark.parametrize(("parted", "found"), [(2.8, {0, 1, 2}), (3.0, {0, 1})])
def test_a_trunk_must_be_twice_as_stable_as_its_branches(parted, found):
    """Eight of ten points are in a trunk, which splits into two branches of four that end at a density of 4."""
    points = [(14, 8, 2, 1), (14, 9, 2, 1)] + [(15 + i // 4, i, 4, 1) for i in range(8)]
    tree = _tree([(10, 11, 1, 8), (10, 14, 1, 2), (11, 15, parted, 4), (11, 16, parted, 4), *points])
    assert set(select(tree, 10).labels) == found


def test_a_dense_group_of_nearly_all_is_not_split(make_groups):
    vectors, truth = make_groups([900, 60, 40], dimensions=64, spread=0.1)
    labels = cluster(vectors, ClusteringSettings("hdbscan", calibrate=False)).labels
    assert all(len(set(labels[truth == group])) == 1 for group in range(3))
    assert len(set(labels)) == 3


def test_a_tree_of_one_cluster_has_no_two():
    assert select(fit_tree(np.random.default_rng(0).normal(size=(4, 2)), 3), 4) is None


def test_a_cut_prefers_the_stable_split(make_groups):
    """The two groups that are closest are separated last."""
    vectors, truth = make_groups([40, 40, 40], dimensions=8, spread=0.01)
    vectors[truth == 2] = vectors[truth == 1] + 0.3 * vectors[truth == 2]
    labels = cluster(vectors, ClusteringSettings("hdbscan", calibrate=False, n_clusters=2)).labels
    assert len(set(labels[truth == 0]) - {-1}) == 1
    assert set(labels[truth == 1]) - {-1} == set(labels[truth == 2]) - {-1}


def test_more_dense_regions_than_there_are():
    vectors = np.random.default_rng(0).normal(size=(40, 8))
    with pytest.raises(DataError, match="hdbscan finds fewer than 39 dense regions in 40 distinct texts: ask for"):
        cluster(vectors, ClusteringSettings("hdbscan", calibrate=False, n_clusters=39))


def test_no_structure_is_one_cluster():
    found = cluster(
        np.random.default_rng(0).normal(size=(4, 8)), ClusteringSettings("hdbscan", calibrate=False, min_cluster_size=3)
    )
    assert found.labels.tolist() == [0, 0, 0, 0]
    assert "density shows no two clusters: one cluster of all texts" in found.notes
