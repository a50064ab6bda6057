import numpy as np
import pytest
from sklearn.metrics import adjusted_rand_score

from textssl.clustering.clustering import cluster
from textssl.clustering.kmeans import SphericalKMeans
from textssl.clustering.linked import LinkedKMeans
from textssl.clustering.registry import CLUSTERERS
from textssl.clustering.settings import ClusteringSettings
from textssl.estimators.simplified_silhouette import margin

UNEVEN = [600, 40, 40, 20, 20, 20]


def test_uneven_groups_stay_whole(make_groups):
    vectors, truth = make_groups(UNEVEN, spread=0.14)
    linked = LinkedKMeans(6, random_state=0).fit(vectors)
    even = SphericalKMeans(6, random_state=0).fit(vectors)
    assert adjusted_rand_score(truth, linked.labels_) > 0.95
    assert adjusted_rand_score(truth, even.labels_) < 0.5


def test_outliers_are_no_clusters(make_groups):
    vectors, truth = make_groups([100, 100, 100])
    outliers = np.random.default_rng(1).normal(size=(6, vectors.shape[1])).astype(np.float32)
    labels = LinkedKMeans(3, random_state=0).fit(np.vstack([vectors, outliers])).labels_
    assert adjusted_rand_score(truth, labels[:300]) == 1


def test_how_often_a_row_occurs_counts(make_groups):
    vectors, _ = make_groups([40, 40, 2])
    weights = np.repeat([1.0, 1.0, 100.0], [40, 40, 2])
    labels = LinkedKMeans(3, random_state=0).fit(vectors, sample_weight=weights).labels_
    assert len(set(labels[80:])) == 1
    assert labels[80] not in labels[:80]


@pytest.mark.parametrize(("sizes", "method"), [(UNEVEN, "linked_kmeans"), ([100] * 10, "kmeans")])
def test_auto_takes_the_wider_margin(sizes, method, make_groups):
    vectors, truth = make_groups(sizes, spread=0.14)
    found = cluster(vectors, ClusteringSettings(n_clusters=len(sizes)))
    assert isinstance(found.clusterer, CLUSTERERS[method].estimator)
    assert adjusted_rand_score(truth, found.labels) == 1
    compared = next(note for note in found.notes if "wider margin" in note)
    assert compared.startswith(f"{method} was taken for the wider margin between its groups: kmeans 0.")
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    assert f"{method} {margin(unit, found.labels, np.ones(len(unit))):.3f}" in compared


def test_the_margin_of_orthogonal_groups_is_one():
    rows = np.repeat(np.eye(3, dtype=np.float32), 4, axis=0)
    assert margin(rows, np.repeat([0, 1, 2], 4), np.ones(12)) == pytest.approx(1)
    assert margin(rows, np.zeros(12, dtype=int), np.ones(12)) == 0
