"""Probabilities against what models of halves of the rows do."""

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from textssl.clustering.calibration import Bin, Calibration, Placement, calibration_error, halves, matched
from textssl.clustering.clustering import cluster
from textssl.clustering.kmeans import SphericalKMeans
from textssl.clustering.registry import CLUSTERERS
from textssl.clustering.saving import load_clusterer, save_clusterer
from textssl.clustering.settings import ClusteringSettings


@pytest.fixture
def blurred(make_groups):
    """Vectors of five groups that run into each other."""
    return make_groups([200, 150, 100, 100, 50], spread=0.3)


def placement(labels, seconds, firmness):
    zeros = np.zeros(len(labels), np.float32)
    return Placement(np.array(labels), np.array(seconds), np.array(firmness, np.float32), zeros, zeros)


def test_clusters_are_matched_one_to_one_by_the_rows_they_share():
    labels = np.array([0, 0, 0, 1, 1, 2, -1])
    others = np.array([2, 2, 0, 0, 0, 3, 3])
    assert matched(labels, others).tolist() == [0, 0, 1, 1, 1, 2, 2]
    assert matched(np.zeros(4, int), np.array([0, 1, 1, -1])).tolist() == [-1, 0, 0, -1]
    assert matched(labels, np.full(7, -1)).tolist() == [-1] * 7


def test_halves_come_in_pairs():
    for n, count in ((40, 6), (2_000, 4), (50_000, 2)):
        drawn = list(halves(n, 0))
        assert len(drawn) == count
        for first, second in zip(drawn[::2], drawn[1::2], strict=True):
            assert sorted([*first, *second]) == list(range(n))


def test_a_probability_is_the_share_that_was_kept():
    """Of 900 rows in three steps of firmness 90 %, 60 % and 30 % are kept, half of the others move to the second."""
    steps = np.repeat([0, 1, 2], 300)
    place = np.tile(np.arange(300), 3)
    kept = place < 300 * np.array([0.3, 0.6, 0.9])[steps]
    second = ~kept & (place % 2 == 0)
    labels = np.zeros(900, int)
    other = np.where(kept, 0, np.where(second, 1, 2))
    placed = placement(labels, labels + 1, steps)
    first, seconds = Calibration.fit(placed, [other, other])(placed)
    np.testing.assert_allclose([first[steps == step].mean() for step in range(3)], [0.3, 0.6, 0.9], atol=0.01)
    np.testing.assert_allclose(seconds[steps == 2].mean(), 0.05, atol=0.01)
    assert (seconds <= first).all()


def test_noise_has_probability_0_and_a_second_choice():
    placed = placement([0, 0, 1, 1, -1, -1, -1, -1], [1, 1, 0, 0, 1, 1, 1, -1], [1, 2, 1, 2, 0, 0, 0, 0])
    others = [np.array([0, 0, 1, 1, 1, -1, -1, -1])] * 2
    first, second = Calibration.fit(placed, others)(placed)
    assert (first[:4] > 0.9).all()
    assert first[4:].tolist() == [0] * 4
    assert second[4:].tolist() == [0.25, 0.25, 0.25, 0]


def test_a_cluster_that_is_lost_is_less_sure(make_groups):
    """All rows are as firm, but those of cluster 1 are lost in three of four models."""
    labels = np.repeat([0, 1], 100)
    lost = np.where(labels == 1, -1, labels)
    placed = placement(labels, 1 - labels, np.zeros(200))
    first, _ = Calibration.fit(placed, [labels, lost, lost, lost])(placed)
    assert first[0] > 0.7 > 0.5 > first[-1]


def test_the_error_is_the_mean_difference_over_the_rows():
    assert calibration_error([Bin(30, 0.9, 0.8), Bin(10, 0.5, 0.7)]) == pytest.approx(0.125)


@pytest.mark.parametrize("method", CLUSTERERS)
def test_every_clusterer_is_calibrated(method, blurred, tmp_path):
    vectors, _ = blurred
    found = cluster(vectors, ClusteringSettings(method, 5))
    assert sum(bin.rows for bin in found.reliability) >= (found.labels >= 0).sum()
    assert calibration_error(found.reliability) < 0.15
    inside = found.labels >= 0
    assert len(np.unique(found.probabilities[inside])) > 5
    assert ((found.seconds != found.labels) & (found.seconds >= 0))[inside].all()
    assert (found.second_probabilities <= found.probabilities)[inside].all()
    save_clusterer(found.clusterer, tmp_path / "clusterer")
    again = load_clusterer(tmp_path / "clusterer").assign(vectors)
    for name in ("labels", "probabilities", "seconds", "second_probabilities"):
        np.testing.assert_array_equal(getattr(again, name), getattr(found, name))


@pytest.mark.parametrize("method", ["kmeans", "linked_kmeans", "agglomerative", "gmm"])
def test_sure_rows_are_right_more_often(method, blurred):
    vectors, truth = blurred
    found = cluster(vectors, ClusteringSettings(method, 5))
    classes = [np.bincount(truth[found.labels == label]).argmax() for label in range(5)]
    right = np.array(classes)[found.labels] == truth
    assert 0.3 < right.mean() < 1
    assert roc_auc_score(right, found.probabilities) > 0.6


def test_rows_between_two_clusters_name_both(make_groups):
    vectors, truth = make_groups([60, 60, 60], spread=0.05)
    found = cluster(vectors, ClusteringSettings("kmeans", 3))
    between = found.clusterer.assign([vectors[truth == 0].mean(axis=0) + 1.02 * vectors[truth == 1].mean(axis=0)])
    assert {int(between.labels[0]), int(between.seconds[0])} == {found.labels[0], found.labels[60]}
    assert between.probabilities[0] < 0.7 < 0.9 < found.probabilities.min()


def test_three_rows_and_one_cluster_are_not_calibrated(make_groups):
    vectors, _ = make_groups([15, 15])
    assert cluster(vectors[[0, 15, 16]], ClusteringSettings("kmeans", 2)).reliability == ()
    found = cluster(np.vstack([vectors, vectors + 1e-3]), ClusteringSettings("kmeans", 1))
    assert found.reliability == ()
    assert found.probabilities.tolist() == [1] * 60
    assert found.seconds.tolist() == [-1] * 60


@pytest.mark.parametrize("sizes", [[3, 2], [8, 8, 8]])
def test_few_rows_in_clear_groups_are_sure(sizes, make_groups):
    vectors, _ = make_groups(sizes, dimensions=64, spread=0.06)
    assert cluster(vectors, ClusteringSettings(n_clusters=len(sizes))).probabilities.min() > 0.8


def test_halves_that_cannot_be_grouped_keep_nothing(make_groups):
    """With as many clusters as rows, half of the rows cannot make them."""
    vectors, _ = make_groups([20, 20])
    found = cluster(vectors, ClusteringSettings("kmeans", 40))
    assert found.probabilities.max() < 0.1


def test_an_estimator_alone_says_what_it_thinks(blurred):
    vectors, _ = blurred
    clusterer = SphericalKMeans(5, random_state=0).fit(vectors)
    assert clusterer.calibration_ is None
    assert clusterer.probabilities_.min() > 0.2
