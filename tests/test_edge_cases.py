"""Texts that break things, through the whole pipeline: it ends, rows stay in place, nothing grows out of hand."""

import os

import numpy as np
import pytest
from pyarrow import parquet

import textssl
from textssl.config import build, merge
from textssl.run_settings import RunSettings

# Bytes of the longest line; TEXTSSL_LONGEST=50000000 takes some minutes.
LONGEST = int(os.environ.get("TEXTSSL_LONGEST", "1000000"))


@pytest.fixture
def run(tmp_path):
    """Return a function that runs a source with quick settings, and checks what holds of every run."""

    def call(source, **values) -> textssl.Run:
        quick = {"pretraining": {"tokens": 300}, "reporting": {"map_points": 20}}
        finished = textssl.run(source, tmp_path / "run", build(RunSettings, merge(quick, values)))
        table = parquet.read_table(finished.folder / "assignments.parquet")
        assert table["row"].to_pylist() == list(range(len(finished.labels)))
        assert len(finished.embeddings) == len(finished.labels)
        assert np.isfinite(finished.embeddings).all()
        assert ((finished.probabilities >= 0) & (finished.probabilities <= 1)).all()
        blank = np.array([not text for text in table["text"].to_pylist()])
        assert (finished.labels[blank] == -1).all()
        assert not finished.embeddings[blank].any()
        again = textssl.predict(finished.folder, table["text"].to_pylist())
        np.testing.assert_array_equal(again["cluster"], finished.labels)
        return finished

    return call


def texts_of(run: textssl.Run) -> list[str]:
    return parquet.read_table(run.folder / "assignments.parquet")["text"].to_pylist()


def test_blank_rows_stay_in_their_places(run):
    found = run(["", "a red apple", "  \t ", "a blue boat", "a red apple", "\n", "a red cherry", "a blue sail", ""])
    assert texts_of(found) == [
        "",
        "a red apple",
        "",
        "a blue boat",
        "a red apple",
        "",
        "a red cherry",
        "a blue sail",
        "",
    ]
    assert np.flatnonzero(found.labels == -1).tolist() == [0, 2, 5, 8]
    np.testing.assert_array_equal(found.embeddings[1], found.embeddings[4])
    assert found.labels[1] == found.labels[4]


def test_control_characters(run, tmp_path):
    path = tmp_path / "texts.txt"
    lines = [
        b"a red\x00 apple",
        b"\x01\x02",
        b"a blue\x7f boat\x1b[31m",
        "a red cherry \x85".encode(),
        b"a blue sail\x0b\x0c",
    ]
    path.write_bytes(b"\r\n".join(lines * 4) + b"\n")
    found = run(path, clustering={"n_clusters": 2})
    assert texts_of(found)[:5] == ["a red apple", "", "a blue boat [31m", "a red cherry", "a blue sail"]
    assert len(found.labels) == 20


def test_one_line_of_megabytes(run, tmp_path):
    path = tmp_path / "texts.txt"
    short = ["a red apple on the table", "a blue boat on the lake", "red apples and cherries", "blue boats and sails"]
    long = "the old river runs past the red mill and the blue barn "
    path.write_text("\n".join([*short, long * (LONGEST // len(long)), *short]) + "\n")
    found = run(path, clustering={"n_clusters": 2})
    assert len(found.labels) == 9
    assert found.labels[0] == found.labels[5]
    assert (found.folder / "report.html").stat().st_size < 1_000_000


def test_a_hundred_thousand_copies(run):
    found = run(["a red apple", "a blue boat"] * 50_000 + ["a red cherry", "a blue sail"], clustering={"n_clusters": 2})
    assert len(found.labels) == 100_002
    assert len(set(found.labels[:100_000:2])) == len(set(found.labels[1:100_000:2])) == 1
    assert sorted(cluster["size"] for cluster in found.clusters) == [50_001, 50_001]


SCRIPTS = {
    "emoji": ["🍎🍒 yum", "⛵🌊 ahoy", "🍎 👩‍👩‍👧‍👦 yum yum", "⛵ 🏴‍☠️ ahoy ahoy", "🍎🍒", "⛵🌊"],
    "right to left": [
        "تفاحة حمراء لذيذة",
        "قارب ازرق في البحر",
        "תפוח אדום טעים",
        "סירה כחולה בים",
        "تفاحة حمراء",
        "קארב",
    ],
    "combining": [
        "Zoe\u0308 ate a pe\u0302che",
        "Zoë ate a pêche",
        "e\u0301\u0301\u0301" * 30,
        "क्षत्रिय राजा",
        "ไก่จิกเด็ก",
        "i̇stanbul",
    ],
    "beyond the first plane": ["𝒳 𝒴 𝒵", "𓂀 𓃠", "𝒳 𝒴", "𓂀 𓃭", "𐍈𐌰", "𐍈𐌱"],
}


@pytest.mark.parametrize("texts", SCRIPTS.values(), ids=SCRIPTS)
def test_scripts(texts, run):
    import unicodedata

    found = run(texts, clustering={"n_clusters": 2})
    assert texts_of(found) == [unicodedata.normalize("NFC", text) for text in texts]
    assert set(found.labels) == {0, 1}


def test_only_signs(run):
    found = run(["!!!", "???", "!!! ???", "...", "— —", "😀", "😀😀"])
    assert (found.labels >= 0).all()


def test_no_word_repeated(run):
    found = run([f"w{i}a w{i}b w{i}c" for i in range(12)], clustering={"n_clusters": 3})
    assert len(set(found.labels)) == 3


def test_one_word_each(run):
    found = run(["apple", "boat", "cherry", "apple"], clustering={"n_clusters": 2})
    assert found.labels[0] == found.labels[3]


def test_hostile_html(run):
    hostile = [
        "<script>alert(1)</script> red apple",
        "</script><script>document.title='owned'</script> blue boat",
        "<img src=x onerror=alert(2)> red cherry",
        '"><svg onload=alert(3)> blue sail <!-- ]]> {{ 7 * 7 }} ${x}',
        "&lt;b&gt; \u2028 </style> red apple \\u003c/script>",
        "javascript:alert(4) blue boat",
    ]
    found = run(hostile, clustering={"n_clusters": 2})
    page = (found.folder / "report.html").read_text(encoding="utf-8")
    for text in ("<script>alert", "<script>document", "<img src=x", "<svg onload", "</style> red", "</script> red"):
        assert text not in page
    assert "alert(1)" in page


CHINESE = [
    "今天天气很好适合出门",
    "明天天气不好会下大雨",
    "股票市场今天大幅上涨",
    "股票市场昨天小幅下跌",
    "今天天气晴朗",
    "股票价格上涨",
]


def test_chinese(run):
    found = run(CHINESE * 2, lang="zh", clustering={"n_clusters": 2})
    assert texts_of(found) == CHINESE * 2
    assert set(found.labels) == {0, 1}


def test_swahili_and_upper_case(run):
    found = run(
        ["MTOTO ANACHEZA MPIRA", "mtoto anacheza mpira", "Mama anapika chakula", "mama anapika WALI"], lang="sw"
    )
    np.testing.assert_allclose(found.embeddings[0], found.embeddings[1], atol=1e-6)


def test_series_and_frames(run, tmp_path):
    import pandas as pd

    series = pd.Series(["a red apple", None, "a blue boat", "a red cherry", "a blue sail"], index=[7, 7, 3, 1, 0])
    found = run(series, clustering={"n_clusters": 2})
    assert texts_of(found) == ["a red apple", "", "a blue boat", "a red cherry", "a blue sail"]
    frame = pd.DataFrame({"text": series, "kind": ["r", "r", "b", "r", "b"]})
    settings = textssl.CorpusSettings(label_column="kind")
    np.testing.assert_array_equal(textssl.predict(found.folder, frame, settings)["cluster"], found.labels)


def test_more_classes_than_distinct_texts(run):
    import pandas as pd

    texts = ["a red apple", "a blue boat", "a red cherry", "a blue sail"]
    frame = pd.DataFrame({"text": texts * 2, "kind": [str(row) for row in range(8)]})
    assert run(frame, corpus={"label_column": "kind"}).metrics["groups"]["classes"] == 8


def test_text_beyond_the_length_a_model_reads(run):
    words = [f"word{number}" for number in range(600)]
    long = [" ".join(words[start:] + words[:start]) for start in range(0, 600, 75)]
    embedding = {"form": "transformer", "sentence_tokens": 2000, "max_length": 8}  # 64 pieces of 6 tokens
    found = run(long, clustering={"n_clusters": 2}, embedding=embedding)
    assert "long texts were truncated: the encoder did not read" in (found.folder / "report.html").read_text(
        encoding="utf-8"
    )


@pytest.mark.parametrize("objective", ["mlm", "clm"])
@pytest.mark.parametrize("pooling", ["sif", "mean", "cls", "lasttoken", "weightedmean"])
def test_every_pooling_of_every_objective(objective, pooling, run, six):
    if (objective, pooling) == ("clm", "cls"):
        pytest.skip("the first token of a causal model has read nothing")
    embedding = {"form": "transformer", "pooling": pooling, "sentence_tokens": 300, "remove_components": 1}
    run(six, pretraining={"objective": objective}, embedding=embedding, clustering={"n_clusters": 2})
