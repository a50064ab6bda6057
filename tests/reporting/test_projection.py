import numpy as np
import pytest

from textssl.reporting.projection import MapPoints, draw, project


def test_neighbours_stay_together_and_the_seed_holds():
    labels = np.arange(90) % 3
    embeddings = np.eye(20)[labels] + 0.05 * np.random.default_rng(0).normal(size=(90, 20))
    points = project(embeddings, seed=3, points=60)
    assert points.rows.tolist() == sorted(set(points.rows.tolist()))
    assert points.xy.shape == (60, 2)
    assert points.xy.dtype == np.float32
    gaps = np.linalg.norm(points.xy[:, None] - points.xy[None], axis=2) + np.diag(np.full(60, np.inf))
    assert (labels[points.rows][gaps.argmin(axis=1)] == labels[points.rows]).mean() > 0.95
    again = project(embeddings, seed=3, points=60)
    assert points.xy.tobytes() == again.xy.tobytes()
    assert project(embeddings, seed=4, points=60).rows.tolist() != points.rows.tolist()


@pytest.mark.parametrize("n", [0, 1, 2, 3, 9, 10, 11])
@pytest.mark.parametrize("d", [1, 2, 60])
def test_few_points(n, d):
    points = project(np.random.default_rng(0).normal(size=(n, d)), seed=0)
    assert points.xy.shape == (n, 2)
    assert np.isfinite(points.xy).all()


@pytest.mark.parametrize("value", [0.0, 1.0])
def test_points_all_alike(value):
    points = project(np.full((30, 5), value), seed=0)
    assert np.isfinite(points.xy).all()


def test_picture_is_written(tmp_path):
    xy = np.random.default_rng(0).normal(size=(6, 2)).astype(np.float32)
    names = {0: "$x_{", 1: "基金", 7: "absent"}
    draw(MapPoints(np.arange(6), xy), np.array([-1, 0, 0, 1, 1, 1]), names, tmp_path / "map.png")
    assert (tmp_path / "map.png").read_bytes().startswith(b"\x89PNG")
