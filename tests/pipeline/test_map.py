"""Every text of a run is on its map, and so is every new text."""

import numpy as np
import pytest
from subjects import WORDS

import textssl
from textssl.config import build
from textssl.run_settings import RunSettings

SUBJECTS = ("soup", "storm", "piano")
TEXTS = [" ".join(np.random.default_rng(i).choice(WORDS[SUBJECTS[i % 3]], 6)) for i in range(120)]


def run(texts, out, method="tsne", **settings):
    values = {"pretraining": {"tokens": 500}, "reduction": {"method": method, "max_samples": 60}, **settings}
    return textssl.run(texts, out, build(RunSettings, values))


def places(columns):
    return np.stack([columns["x"], columns["y"]], axis=1)


@pytest.fixture(scope="module")
def mapped(tmp_path_factory):
    return run([*TEXTS, "", TEXTS[0]], tmp_path_factory.mktemp("mapped") / "run", clustering={"n_clusters": 3})


def test_every_row_is_on_the_map_near_its_like(mapped):
    xy = places(mapped.columns)
    assert xy.shape == (122, 2)
    assert xy.dtype == np.float32
    np.testing.assert_array_equal(xy[-2:], [[0, 0], xy[0]])
    gaps = np.linalg.norm(xy[:120, None] - xy[None, :120], axis=2) + np.diag(np.full(120, np.inf))
    assert (gaps.argmin(axis=1) % 3 == np.arange(120) % 3).mean() > 0.8


def test_new_texts_are_placed_where_the_run_placed_them(mapped):
    new = textssl.predict(mapped.folder, [TEXTS[5], "unknowable", TEXTS[7]])
    np.testing.assert_allclose(places(new), [places(mapped.columns)[5], [0, 0], places(mapped.columns)[7]], atol=1e-3)


def test_the_report_draws_a_sample_of_it(mapped):
    assert (mapped.folder / "map.png").exists()
    assert "<canvas" in (mapped.folder / "report.html").read_text(encoding="utf-8")


def test_the_same_map_again(mapped, tmp_path):
    again = run([*TEXTS, "", TEXTS[0]], tmp_path / "again", clustering={"n_clusters": 3})
    for name in ("coordinates.parquet", "reducer.safetensors"):
        assert (again.folder / name).read_bytes() == (mapped.folder / name).read_bytes()


@pytest.mark.parametrize("texts", [["a b", "b a"], ["a b", "a c"], ["a", "b", "c d"]])
def test_few_texts_or_texts_alike(texts, tmp_path):
    found = places(run(texts, tmp_path / "run", clustering={"n_clusters": 1}).columns)
    assert found.shape == (len(texts), 2)
    assert np.isfinite(found).all()
