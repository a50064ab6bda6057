"""A clusterer that the package does not know takes part once it has an entry in the registry."""

import numpy as np
import pytest

import textssl
from textssl.clustering.base import Clusterer
from textssl.clustering.calibration import Placement
from textssl.clustering.registry import CLUSTERERS, Entry, refinable
from textssl.clustering.saving import load_clusterer, save_clusterer
from textssl.clustering.settings import ClusteringSettings
from textssl.config import build, describe
from textssl.errors import UsageError


class StrongestDimension(Clusterer):
    """Group rows by their largest coordinate of the first `n_clusters`."""

    STATE = (*Clusterer.STATE, "dimensions_")

    def __init__(self, n_clusters=2, pca_dimensions=15, max_samples=1_000, random_state=None):
        self.n_clusters = n_clusters
        self.pca_dimensions = pca_dimensions
        self.max_samples = max_samples
        self.random_state = random_state

    def _check_parameters(self):
        pass

    def _learn(self, rows, weights):
        self.dimensions_ = np.arange(self.n_clusters, dtype=np.int32)

    def _place(self, rows):
        order = np.argsort(-rows[:, self.dimensions_], axis=1).astype(np.int32)
        sure, none = np.ones(len(rows), np.float32), np.zeros(len(rows), np.float32)
        return Placement(order[:, 0], order[:, 1], sure, sure, none)


@pytest.fixture
def registered(monkeypatch):
    entry = Entry(f"{__name__}:StrongestDimension", settings=("pca_dimensions",))
    monkeypatch.setitem(CLUSTERERS, "strongest", entry)


def test_it_is_used_through_settings(registered, tmp_path):
    vectors = np.random.default_rng(0).normal(size=(60, 4))
    settings = build(ClusteringSettings, {"method": "strongest", "n_clusters": 4, "pca_dimensions": 7})
    found = textssl.cluster(vectors, settings, weights=np.arange(1, 61))
    assert type(found.clusterer) is StrongestDimension
    assert found.clusterer.pca_dimensions == 7
    np.testing.assert_array_equal(found.labels, vectors.argmax(axis=1))
    assert "strongest counts each distinct text once, however often it occurs" in found.notes
    assert found.reliability[0].kept == 1
    assert not refinable("strongest")
    save_clusterer(found.clusterer, tmp_path / "clusterer")
    np.testing.assert_array_equal(load_clusterer(tmp_path / "clusterer").predict(vectors), found.labels)


def test_its_name_is_valid_while_it_is_registered(registered, monkeypatch):
    with pytest.raises(UsageError, match=r"'gmm' or 'strongest', got 'strongst' \(nearest: 'strongest'\)"):
        ClusteringSettings("strongst")
    assert "gmm, strongest;" in next(describe(ClusteringSettings)).help
    monkeypatch.delitem(CLUSTERERS, "strongest")
    with pytest.raises(UsageError, match=r"clustering\.method expects 'auto' or 'kmeans' or .*, got 'strongest'"):
        ClusteringSettings("strongest")
