import numpy as np
import pytest
from hdbscan import HDBSCAN

from textssl.clustering.condensed import cut
from textssl.clustering.hdbscan import auto_size
from textssl.clustering.registry import cluster
from textssl.clustering.settings import ClusteringSettings
from textssl.errors import DataError


@pytest.fixture
def noisy(make_groups):
    """Return three groups and, at the end, 30 vectors that belong to none."""
    vectors, _ = make_groups([60, 50, 40], spread=0.05)
    return np.vstack([vectors, np.random.default_rng(1).normal(size=(30, 32))])


def test_noise_is_kept_or_joins_the_nearest(noisy):
    kept = cluster(noisy, ClusteringSettings("hdbscan"))
    joined = cluster(noisy, ClusteringSettings("hdbscan", noise="nearest"))
    noise = kept.labels < 0
    assert 0 < noise.mean() < 0.3
    assert joined.labels.min() == 0
    np.testing.assert_array_equal(joined.labels[~noise], kept.labels[~noise])
    assert joined.probabilities[noise].max() == 0
    assert any("were noise and joined the nearest cluster" in note for note in joined.notes)
    np.testing.assert_array_equal(joined.clusterer.predict(noisy), joined.labels)


def test_the_notes_say_what_was_reduced(noisy):
    notes = cluster(noisy, ClusteringSettings("hdbscan", reduce=4)).notes
    assert any(note.startswith("PCA reduced 32 dimensions to 4, which keep") for note in notes)


def test_weights_are_said_not_to_count(noisy):
    notes = cluster(noisy, ClusteringSettings("hdbscan"), weights=np.arange(len(noisy))).notes
    assert "hdbscan counts each distinct text once, however often it occurs" in notes


@pytest.mark.parametrize(("n", "size"), [(1, 2), (5, 2), (60, 5), (400, 5), (20_000, 35)])
def test_auto_size(n, size):
    assert auto_size(n) == size


def test_a_cut_at_the_number_density_shows_is_what_hdbscan_selects(noisy):
    model = HDBSCAN(min_cluster_size=5, min_samples=3).fit(noisy)
    k = model.labels_.max() + 1
    found = cut(model.condensed_tree_.to_numpy(), len(noisy), k)
    assert k == 3
    np.testing.assert_array_equal(found.labels < 0, model.labels_ < 0)
    assert len(set(zip(found.labels.tolist(), model.labels_.tolist(), strict=True))) == k + 1
    np.testing.assert_allclose(found.probabilities, model.probabilities_, rtol=1e-6)


def test_a_cut_prefers_the_stable_split(make_groups):
    """Of two pairs of groups the closer pair is told apart last."""
    vectors, truth = make_groups([40, 40, 40], dimensions=8, spread=0.01)
    vectors[truth == 2] = vectors[truth == 1] + 0.3 * vectors[truth == 2]
    labels = cluster(vectors, ClusteringSettings("hdbscan", clusters=2)).labels
    assert len(set(labels[truth == 0]) - {-1}) == 1
    assert set(labels[truth == 1]) - {-1} == set(labels[truth == 2]) - {-1}


def test_more_dense_regions_than_there_are():
    vectors = np.random.default_rng(0).normal(size=(40, 8))
    with pytest.raises(DataError, match="hdbscan finds fewer than 39 dense regions in 40 distinct texts: ask for"):
        cluster(vectors, ClusteringSettings("hdbscan", clusters=39))


def test_no_structure_is_one_cluster():
    found = cluster(np.random.default_rng(0).normal(size=(4, 8)), ClusteringSettings("hdbscan", min_cluster_size=3))
    assert found.labels.tolist() == [0, 0, 0, 0]
    assert "density shows no two groups: one cluster of all texts" in found.notes
