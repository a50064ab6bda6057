import numpy as np

from textssl.reporting.projection import MapPoints, draw, sample_points


def test_a_sample_of_the_rows():
    x, y = np.random.default_rng(0).normal(size=(2, 90))
    points = sample_points(x, y, seed=3, points=60)
    assert points.rows.tolist() == sorted(set(points.rows.tolist()))
    assert points.xy.shape == (60, 2)
    assert points.xy.dtype == np.float32
    np.testing.assert_allclose(points.xy, np.stack([x, y], axis=1)[points.rows], rtol=1e-6)
    assert sample_points(x, y, seed=4, points=60).rows.tolist() != points.rows.tolist()
    assert sample_points(x, y, seed=4, points=90).rows.tolist() == list(range(90))


def test_picture_is_written(tmp_path):
    xy = np.random.default_rng(0).normal(size=(6, 2)).astype(np.float32)
    names = {0: "$x_{", 1: "基金", 7: "absent"}
    draw(MapPoints(np.arange(6), xy), np.array([-1, 0, 0, 1, 1, 1]), names, tmp_path / "map.png")
    assert (tmp_path / "map.png").read_bytes().startswith(b"\x89PNG")
