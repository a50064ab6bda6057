import numpy as np
import pytest
from safetensors.numpy import save_file

from textssl.clustering.kmeans import SphericalKMeans
from textssl.clustering.saving import load_clusterer, save_clusterer
from textssl.errors import DataError, UsageError


@pytest.fixture
def saved(tmp_path):
    clusterer = SphericalKMeans(3, random_state=0).fit(np.random.default_rng(0).normal(size=(30, 4)))
    path = tmp_path / "clusterer.safetensors"
    save_clusterer(clusterer, path)
    return path


def test_a_missing_file(tmp_path):
    with pytest.raises(DataError, match=r"cannot read .*nothing"):
        load_clusterer(tmp_path / "nothing")


@pytest.mark.parametrize("kept", [0, 7, 100, -5])
def test_a_damaged_file(saved, kept):
    saved.write_bytes(saved.read_bytes()[:kept])
    with pytest.raises(DataError, match="is damaged or not a clusterer of textssl: fit the clusterer again"):
        load_clusterer(saved)


@pytest.mark.parametrize(
    "metadata",
    [
        None,
        {"format": "pt"},
        {"estimator": "3"},
        {"estimator": "{"},
        {"estimator": '{"method": "kmeens", "params": {}, "notes": []}'},
        {"estimator": '{"method": "kmeans", "params": {"sise": 3}, "notes": []}'},
        {"estimator": '{"method": "kmeans", "params": {}, "notes": []}'},
    ],
)
def test_a_foreign_file(tmp_path, metadata):
    save_file({"weight": np.ones(3)}, tmp_path / "model.safetensors", metadata)
    with pytest.raises(DataError, match="is damaged or not a clusterer of textssl"):
        load_clusterer(tmp_path / "model.safetensors")


def test_a_place_that_cannot_be_written(saved):
    with pytest.raises(DataError, match="cannot write"):
        save_clusterer(load_clusterer(saved), saved / "below a file")


def test_a_class_that_is_not_registered(saved, tmp_path):
    class MyKMeans(SphericalKMeans):
        pass

    with pytest.raises(UsageError, match="MyKMeans is not registered: add its entry to the registry"):
        save_clusterer(MyKMeans(2).fit(np.eye(3)), tmp_path / "out")
