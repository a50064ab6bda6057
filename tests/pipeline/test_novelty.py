"""How odd the texts of a run are, and new texts among them."""

import numpy as np
import pytest
from pyarrow import csv
from sentence_transformers import SentenceTransformer
from sentence_transformers.sentence_transformer.modules import StaticEmbedding

import textssl
from textssl.cli import main
from textssl.config import build
from textssl.density.novelty import Novelty, fit_novelty
from textssl.density.words import without_each, words_of
from textssl.language.tokenizer import train_tokenizer

USUAL = "the dog cat tail fur"
ODD = "the dog predicts quantum chromodynamics and gluon confinement"


@pytest.fixture(scope="module")
def texts():
    rng = np.random.default_rng(0)
    words = {
        "pets": "dog cat fox hamster bone tail paw fur leash kennel",
        "boats": "sail mast keel harbour tide deck oar",
    }
    subjects = [word.split() for word in words.values()]
    return [" ".join(["the", *rng.choice(subjects[i % 2], 4)]) for i in range(60)] + [ODD, "", "the dog", "the dog"]


@pytest.fixture(scope="module")
def run(texts, tmp_path_factory):
    quick = {"pretraining": {"tokens": 500}, "reduction": {"method": "pca"}, "clustering": {"n_clusters": 2}}
    return textssl.run(texts, tmp_path_factory.mktemp("novelty") / "run", settings(quick))


def settings(values):
    return build(textssl.RunSettings, values)


def test_the_oddest_text_of_a_run(run, texts):
    novelty = run.columns["novelty"]
    assert novelty.dtype == np.float32
    assert novelty[60] == novelty[:61].max()
    assert novelty[:60].mean() < 0.7
    assert novelty[61] == 1  # blank
    assert novelty[62] == novelty[63]
    first = run.metrics["oddest"][0]
    assert texts[first["row"]] == first["text"] == ODD
    assert set(first["words"].split(", ")) <= set(ODD.split()) - {"the", "dog"}
    assert not any(text["text"] == "" for text in run.metrics["oddest"])


def test_the_report_shows_the_oddest(run):
    for name in ("report.txt", "report.html"):
        shown = (run.folder / name).read_text()
        assert "Oddest texts" in shown
        assert "confinement" in shown


def test_predict_gives_the_novelty_of_new_texts(run, texts):
    found = textssl.predict(run.folder, [*texts, "the muon decays into neutrinos"])
    np.testing.assert_allclose(found["novelty"][:-1], run.columns["novelty"], atol=1e-6)
    assert found["novelty"][-1] > 0.95


def test_novelty_of_new_texts(run):
    found = textssl.novelty(run.folder, [USUAL, "dog tail bosons paw", "", ODD])
    assert found.column_names == ["row", "novelty", "score", "outlier", "words", "text"]
    assert found["novelty"][0] < found["novelty"][3]
    assert found["outlier"].tolist() == [False, found["outlier"][1], True, True]
    assert found["words"][0] == found["words"][2] == ""
    assert (found["novelty"][2], found["score"][2]) == (1, -np.inf)
    np.testing.assert_allclose(found["novelty"], textssl.predict(run.folder, list(found["text"]))["novelty"], atol=1e-6)


@pytest.mark.parametrize("method", ["neighbours", "words", "kernel", "gmm", "groups"])
def test_another_method_than_that_of_the_run(run, method):
    other = textssl.DensitySettings(method, contamination=0.2)
    found = textssl.novelty(run.folder, [USUAL, "the dog sail cat mast", ODD], other)
    np.testing.assert_array_equal(found["outlier"], found["novelty"] >= 0.8)
    assert np.isfinite(found["score"]).all()


def test_the_command(run, tmp_path, capsys):
    source, out = tmp_path / "new.csv", tmp_path / "odd.csv"
    source.write_text(f"id,words,text\n7,x,{USUAL}\n8,y,{ODD}\n")
    command = ["novelty", str(run.folder), str(source), "--text-column", "text", "--out", str(out)]
    assert main(command) == 0
    assert "2 rows, 1 outliers" in capsys.readouterr().out
    rows = csv.read_csv(out).to_pylist()
    assert [row["id"] for row in rows] == [7, 8]
    assert [row["outlier"] for row in rows] == [False, True]
    assert rows[1]["words"]
    assert [row["input_words"] for row in rows] == ["x", "y"]
    assert main([*command, "--method", "kernel", "--set", "density.contamination=0.3"]) == 0
    assert csv.read_csv(out)["score"].to_pylist() != [row["score"] for row in rows]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--method", "neighbors"], "density.method expects .* got 'neighbors' (nearest: 'neighbours')"),
        (["--set", "density.contamination=0.7"], "density.contamination must lie in [0.0001, 0.5], got 0.7"),
        (["--set", "density.n_neighbors=500"], "texts to learn from have no 500 neighbours each: ask for at most"),
        (["--set", "clustering.n_clusters=3"], "does not read clustering.n_clusters"),
    ],
)
def test_wrong_calls(run, tmp_path, capsys, options, message):
    out = tmp_path / "odd.csv"
    (tmp_path / "new.txt").write_text("the dog\n")
    assert main(["novelty", str(run.folder), str(tmp_path / "new.txt"), "--out", str(out), *options]) in (1, 2)
    error = capsys.readouterr().err.splitlines()[-1]
    assert all(part in error for part in message.split(" .* "))
    assert not out.exists()


def test_a_run_of_texts_that_are_all_alike(tmp_path):
    quick = {"pretraining": {"tokens": 100}, "reduction": {"method": "pca"}, "clustering": {"n_clusters": 1}}
    run = textssl.run(["the dog barks", "barks the dog"] * 3, tmp_path / "run", settings(quick))
    assert run.columns["novelty"].tolist() == [0] * 6
    assert run.metrics["oddest"] == []
    assert textssl.predict(run.folder, ["a cat", ""])["novelty"].tolist() == [0, 0]
    assert textssl.novelty(run.folder, ["the dog"])["outlier"].tolist() == [False]
    with pytest.raises(textssl.DataError, match=r"all 2 texts are equal .*: expected at least 2 that differ"):
        textssl.novelty(run.folder, ["the dog"], textssl.DensitySettings("gmm"))


def test_the_same_bytes_twice(run, texts, tmp_path):
    for name in ("a", "b"):
        fit_novelty(np.asarray(run.embeddings), texts).save(tmp_path / name)
    for path in (tmp_path / "a").iterdir():
        assert path.read_bytes() == (tmp_path / "b" / path.name).read_bytes()


def test_an_adapted_run_reads_the_vectors_of_the_ready_made_encoder(tmp_path):
    rng = np.random.default_rng(0)
    texts = sorted({" ".join(rng.choice(list("abcdefghijklmnop"), 6)) for _ in range(230)})
    teacher = SentenceTransformer(modules=[StaticEmbedding(train_tokenizer(texts), embedding_dim=8)], device="cpu")
    teacher.save(str(tmp_path / "teacher"))
    values = {"embedding": {"teacher": str(tmp_path / "teacher")}, "reduction": {"method": "pca"}}
    run = textssl.run(texts, tmp_path / "run", settings(values | {"clustering": {"n_clusters": 2}}))
    model = Novelty.load(run.folder / "novelty")
    taught = np.load(run.folder / "teacher_embeddings.npy")
    np.testing.assert_allclose(model.detectors["neighbours"].rows_, taught, atol=1e-4)
    assert model.weights == {"neighbours": 4, "words": 1, "letters": 2}
    found = textssl.novelty(run.folder, texts)
    np.testing.assert_allclose(found["novelty"], run.columns["novelty"], atol=0.02)
    np.testing.assert_allclose(textssl.predict(run.folder, texts)["novelty"], run.columns["novelty"], atol=0.02)


def test_words():
    assert words_of("The dog, the DOG's bone") == ["the", "dog", "s", "bone"]
    assert words_of("猫が魚を") == ["猫が", "が魚", "魚を"]
    assert without_each("A dog; a cat") == [("a", " dog;  cat"), ("dog", "A ; a cat"), ("cat", "A dog; a ")]
    assert without_each("") == []
    assert [word for word, _ in without_each("五个中国人")] == ["五个", "中国", "人"]
