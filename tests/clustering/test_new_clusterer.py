"""A clusterer that the package does not know takes part once it has an entry in the registry."""

import numpy as np
import pytest
from fakes.clusterer import ENTRY, LargestCoordinate

import textssl
from textssl.clustering.registry import CLUSTERERS
from textssl.clustering.saving import load_clusterer, save_clusterer
from textssl.clustering.settings import ClusteringSettings
from textssl.config import build, describe
from textssl.errors import UsageError


@pytest.fixture
def registered(monkeypatch):
    monkeypatch.setitem(CLUSTERERS, "strongest", ENTRY)


def test_it_is_used_through_settings(registered, tmp_path):
    vectors = np.random.default_rng(0).normal(size=(60, 4))
    settings = build(ClusteringSettings, {"method": "strongest", "n_clusters": 4, "pca_dimensions": 7})
    found = textssl.cluster(vectors, settings, weights=np.arange(1, 61))
    assert type(found.clusterer) is LargestCoordinate
    assert found.clusterer.pca_dimensions == 7
    np.testing.assert_array_equal(found.labels, vectors.argmax(axis=1))
    assert "strongest counts each distinct text once, however often it occurs" in found.notes
    assert found.reliability[0].kept == 1
    save_clusterer(found.clusterer, tmp_path / "clusterer")
    np.testing.assert_array_equal(load_clusterer(tmp_path / "clusterer").predict(vectors), found.labels)


def test_its_name_is_valid_while_it_is_registered(registered, monkeypatch):
    with pytest.raises(UsageError, match=r"'gmm' or 'strongest', got 'strongst' \(nearest: 'strongest'\)"):
        ClusteringSettings("strongst")
    assert "gmm, strongest;" in next(describe(ClusteringSettings)).help
    monkeypatch.delitem(CLUSTERERS, "strongest")
    with pytest.raises(UsageError, match=r"clustering\.method expects 'auto' or 'kmeans' or .*, got 'strongest'"):
        ClusteringSettings("strongest")
