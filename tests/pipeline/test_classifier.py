"""Classifiers of texts: from a run and labels to a folder, and back."""

import json

import numpy as np
import pytest
from sentence_transformers import SentenceTransformer
from sklearn.base import clone

import textssl
from textssl.cli import main
from textssl.errors import DataError, UsageError

LABELS = ["fox", "fox", "dog", "dog", None, None]


@pytest.fixture(scope="module")
def lines(six):
    return six.read_text().splitlines()


@pytest.fixture(scope="module")
def fitted(finished, lines):
    return textssl.fit_classifier(finished, lines, LABELS)


@pytest.fixture
def labelled(lines, tmp_path):
    """A CSV of the six lines and two more, four of them labelled."""
    path = tmp_path / "labelled.csv"
    rows = [f"{text},{label or ''},{row}" for row, (text, label) in enumerate(zip(lines, LABELS, strict=True))]
    path.write_text("\n".join(["line,animal,number", *rows, "A fox,,6", ",dog,7"]) + "\n")
    return path


def test_classes_of_texts(fitted, lines):
    assert fitted.classes_.tolist() == ["dog", "fox"]
    assert fitted.predict(lines).tolist() == ["fox", "fox", "dog", "dog", "fox", "fox"]
    assert fitted.predict_proba(lines).sum(axis=1) == pytest.approx(1)
    assert fitted.predict([]).tolist() == []
    assert fitted.score(lines, LABELS) == 1
    assert fitted.score(lines, ["dog", *LABELS[1:]]) == 0.75
    assert fitted.notes_ == ["learned from 4 labelled and 1 unlabelled texts"]  # the fifth line is the first


def test_any_encoder_will_do(finished, fitted, lines):
    likely = fitted.predict_proba(lines)
    for encoder in (
        finished / "encoder",
        textssl.TextEncoder.load(finished / "encoder"),
        SentenceTransformer(str(finished / "encoder")),
    ):
        found = textssl.fit_classifier(encoder, lines, LABELS)
        np.testing.assert_array_equal(found.predict_proba(lines), likely)


def test_it_is_an_estimator(finished, lines):
    settings = textssl.ClassificationSettings("head")
    classifier = clone(textssl.TextClassifier(finished, settings, random_state=3))
    assert classifier.get_params()["settings"] is not None
    assert classifier.fit(lines, LABELS).method_ == "head"


def test_saved_and_loaded_it_predicts_the_same(fitted, lines, tmp_path):
    fitted.save(tmp_path / "classifier")
    loaded = textssl.load_classifier(tmp_path / "classifier")
    np.testing.assert_array_equal(loaded.predict_proba(lines), fitted.predict_proba(lines))
    assert (loaded.method_, loaded.notes_, loaded.candidates_) == (fitted.method_, fitted.notes_, fitted.candidates_)
    fitted.save(tmp_path / "classifier")
    assert SentenceTransformer(str(tmp_path / "classifier" / "encoder")).get_embedding_dimension() == 128


def test_several_labels(finished, lines):
    labels = ["fox;quick", "fox", "dog;quick", "dog", None, None]
    found = textssl.fit_classifier(finished, lines, labels, textssl.ClassificationSettings("head", label_separator=";"))
    assert found.classes_.tolist() == ["dog", "fox", "quick"]
    assert all(isinstance(each, list) for each in found.predict(lines))
    assert "fox" in found.predict(lines)[0]
    assert 0 <= found.score(lines, labels) <= 1


def test_the_commands(finished, labelled, lines, tmp_path, capsys):
    out, columns = tmp_path / "classifier", ["--text-column", "line", "--label-column", "animal"]
    command = ["classify", str(finished), str(labelled), *columns, "--out", str(out)]
    assert main(command) == 0
    shown = capsys.readouterr().out
    assert {entry.name for entry in out.iterdir()} == {
        "classifier.json",
        "classifier.safetensors",
        "encoder",
        "report.html",
        "report.txt",
    }
    for said in ("2 classes", "Methods compared", "Confusion", "About this classifier"):
        assert said in (out / "report.html").read_text()
    assert "learned from 4 labelled and 2 unlabelled texts" in shown
    assert main(command) == 0  # replaces it
    assert (
        main(["predict", str(out), str(labelled), "--text-column", "line", "--out", str(tmp_path / "new.jsonl")]) == 0
    )
    rows = [json.loads(line) for line in (tmp_path / "new.jsonl").read_text().splitlines()]
    assert [row["class"] for row in rows[:6]] == ["fox", "fox", "dog", "dog", "fox", "fox"]
    assert [int(row["number"]) for row in rows] == list(range(8))
    assert all(row["probability"] >= row["second_probability"] > 0 for row in rows[:7])
    assert rows[0]["second_class"] == "dog"
    assert (rows[7]["class"], rows[7]["probability"]) == (None, 0)
    found = textssl.predict(out, lines)
    assert len(found["class"]) == 6
    assert len(textssl.predict(out, [])) == 0


def test_choose(finished, lines, tmp_path, capsys):
    out = tmp_path / "to_label.csv"
    assert main(["choose", str(finished), "--count", "2", "--out", str(out)]) == 0
    assert "2 texts to label" in capsys.readouterr().out
    chosen = textssl.choose(finished, 2)
    assert chosen.column_names == ["row", "cluster", "label", "text"]
    assert sorted(chosen["cluster"].tolist()) == [0, 1]
    assert chosen["text"] == [lines[row] for row in chosen["row"]]
    assert out.read_text().splitlines()[0] == '"row","cluster","label","text"'


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        ([None] * 6, "none of 5 texts is labelled: label at least two texts of each class"),
        (["fox"] * 6, "all labelled texts have the label 'fox': label texts of at least two classes"),
        (["a", "b", "c", None, None, None], "3 classes for 3 labelled texts: label at least two texts of each class"),
        ([["a", "b", "c"], ["a"], None, None, None, None], "3 classes for 2 labelled texts"),
        (["fox"], "got 1 labels for 6 texts: give one for each text"),
    ],
)
def test_too_few_labels(finished, lines, labels, message):
    with pytest.raises(DataError, match=message):
        textssl.fit_classifier(finished, lines, labels)


def test_a_class_with_one_example_is_noted(finished, lines):
    found = textssl.fit_classifier(finished, lines, ["fox", "fox", "dog", None, None, None])
    assert "label a second text of 'dog'" in found.notes_[1]


def test_unknown_labels_are_not_scored(fitted, lines):
    with pytest.raises(DataError, match=r"'foxes' is not a class of this classifier \(nearest: 'fox'\): leave out"):
        fitted.score(lines, ["foxes"] * 6)
    with pytest.raises(DataError, match="none of 6 texts is labelled: there is nothing to score"):
        fitted.score(lines, [None] * 6)


def test_an_encoder_of_another_width(finished, fitted, lines, tmp_path):
    with pytest.raises(DataError, match=r"vectors have shape \(5, 3\), the encoder makes 128 dimensions"):
        textssl.TextClassifier(finished).fit(lines, LABELS, vectors=np.zeros((6, 3)))
    fitted.save(tmp_path / "classifier")
    textssl.TextEncoder(dimensions=2).fit(lines).save(tmp_path / "classifier" / "encoder")
    with pytest.raises(DataError, match="the classifier reads vectors of 128 dimensions, its encoder makes 2"):
        textssl.load_classifier(tmp_path / "classifier")


def test_folders_that_are_something_else(finished, fitted, six, tmp_path):
    with pytest.raises(UsageError, match="needs an encoder, got none"):
        textssl.TextClassifier().fit(["a", "b", "c"], [0, 0, 1])
    with pytest.raises(DataError, match="holds no SentenceTransformer"):
        textssl.fit_classifier(tmp_path, ["a", "b", "c", "d"], [0, 0, 1, 1])
    with pytest.raises(DataError, match=r"holds no classifier \(no classifier.json\)"):
        textssl.load_classifier(finished)
    with pytest.raises(DataError, match=r"contains no run \(no manifest.json\) and no classifier"):
        textssl.predict(tmp_path, six)
    fitted.save(tmp_path / "classifier")
    (tmp_path / "classifier" / "classifier.json").write_text('{"format": 0}')
    with pytest.raises(DataError, match="has another format, expected format 1: fit the classifier again"):
        textssl.load_classifier(tmp_path / "classifier")


@pytest.mark.parametrize(
    ("options", "reason", "code"),
    [
        ([], "no column of labels is named: give --label-column, the column with the classes", 2),
        (["--label-column", "animals"], "animals", 2),
        (["--label-column", "number"], "classes for", 1),
        (["--label-column", "animal", "--method", "heads"], "got 'heads' (nearest: 'head')", 2),
        (["--label-column", "animal", "--out", "taken"], "taken is not empty and contains no classifier", 2),
    ],
)
def test_bad_calls_leave_nothing(options, reason, code, finished, labelled, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "taken").mkdir()
    (tmp_path / "taken" / "file").touch()
    before = sorted(tmp_path.rglob("*"))
    command = ["classify", str(finished), str(labelled), "--text-column", "line", "--out", "classifier", *options]
    assert main(command) == code
    assert reason in capsys.readouterr().err.splitlines()[-1]
    assert sorted(tmp_path.rglob("*")) == before


def test_choose_too_many(finished, tmp_path, capsys):
    for count, code, reason in (("7", 1, "cannot choose 7 of"), ("0", 2, "count must be a whole number >= 1, got 0")):
        assert main(["choose", str(finished), "--count", count, "--out", str(tmp_path / "x.csv")]) == code
        assert reason in capsys.readouterr().err
    assert not (tmp_path / "x.csv").exists()
