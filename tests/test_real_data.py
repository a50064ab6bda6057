"""Real texts, where they are there: with no labels and from nothing, better than counting words."""

import os
from pathlib import Path

import pytest

import textssl
from textssl.config import build
from textssl.run_settings import RunSettings

DATA = Path(os.environ.get("TEXTSSL_DATA", Path(__file__).parents[2] / "shared" / "data"))
NEWS = DATA / "agnews_sccl8000.jsonl.gz"


@pytest.mark.skipif(not NEWS.exists(), reason="the data are not here: set TEXTSSL_DATA")
def test_news_are_grouped_better_than_by_counting_words(tmp_path):
    values = {
        "corpus": {"label_column": "label"},
        "pretraining": {"tokens": 2_000},
        "clustering": {"n_clusters": 4},
        "reporting": {"map_points": 0},
    }
    metrics = textssl.run(NEWS, tmp_path / "run", build(RunSettings, values)).metrics
    assert metrics["groups"]["rows"] == 8_000
    assert metrics["groups"]["acc"] > metrics["baseline"]["TF-IDF, SVD, k-means (4 clusters)"]["acc"]
    assert metrics["groups"]["acc"] > 0.8
