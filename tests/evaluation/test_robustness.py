"""How often a result changes when the texts are corrupted: in general, and of a run."""

import json
import shutil

import numpy as np
import pytest

import textssl
from textssl.cli import main
from textssl.evaluation.robustness import Predicted, measure_robustness

TEXTS = ["ab cd", "ef gh", "ij kl", "mn op"]
ANIMALS = [
    f"the {animal} {does} over {what}" for animal in ("fox", "dog") for does in ("jumps", "runs") for what in "abc"
]


def by_length(texts):
    """Group texts by whether they still have five characters; the last text is in no group."""
    labels = np.array([*(int(len(text) == 5) for text in texts[:3]), -1])
    return Predicted(labels, np.stack([labels != 1, labels == 1], axis=1).astype(float))


def test_what_is_measured():
    (row,) = measure_robustness(by_length, TEXTS, np.array([1, -2, -1, 1]), ["double"], [1.0])
    assert row["changed"] == 1.0
    assert row["cosine"] == 0.25  # of the last text alone
    assert (row["clean_accuracy"], row["accuracy"]) == (1 / 3, 0.0)


def test_what_does_not_change():
    rows = measure_robustness(by_length, TEXTS, corruptions=["case", "keyboard"], rates=[0.1, 0.5])
    assert [(row["corruption"], row["rate"]) for row in rows] == [
        ("case", 0.1),
        ("case", 0.5),
        ("keyboard", 0.1),
        ("keyboard", 0.5),
    ]
    assert all(row["changed"] == 0 and row["cosine"] == 1 for row in rows)
    assert "accuracy" not in rows[0]


def test_classes_without_vectors_and_without_known_classes():
    (row,) = measure_robustness(lambda texts: Predicted(np.zeros(len(texts))), TEXTS, np.full(4, -1), ["drop"], [0.5])
    assert row == {"corruption": "drop", "rate": 0.5, "changed": 0.0}


@pytest.fixture(scope="module")
def labelled(tmp_path_factory, quick):
    folder = tmp_path_factory.mktemp("labelled")
    lines = [json.dumps({"text": text, "animal": text.split()[1]}) for text in ANIMALS]
    (folder / "animals.jsonl").write_text("\n".join(lines))
    command = ["run", str(folder / "animals.jsonl"), "--out", str(folder / "run"), "--label-column", "animal"]
    assert main([*command, "--text-column", "text", "--clusters", "2", *quick]) == 0
    return folder / "run"


@pytest.fixture
def run(labelled, tmp_path):
    return shutil.copytree(labelled, tmp_path / "run")


def test_the_robustness_of_a_run_is_shown_written_and_reported(run, tmp_path, capsys):
    before = (run / "report.txt").read_text()
    table = tmp_path / "robustness.csv"
    assert main(["robustness", str(run), "--rates", "0.5,1", "--out", str(table)]) == 0
    shown = capsys.readouterr().out
    report = (run / "report.txt").read_text()
    heading = "Texts whose group or class changes when so many of the words are corrupted"
    assert heading not in before
    for text in (shown, report):
        assert heading in text
        assert "changed at 0.5" in text
        assert "look alikes" in text
    assert "How robust the groups are" in (run / "report.html").read_text()
    measured = textssl.load_run(run).metrics["robustness"]
    assert len(measured) == 2 * 13 == len(table.read_text().splitlines()) - 1
    case = next(row for row in measured if row["corruption"] == "case")
    assert (case["changed"], round(case["cosine"], 5)) == (0, 1)  # texts are converted to lower case
    assert case["accuracy"] == case["clean_accuracy"] == textssl.load_run(run).metrics["groups"]["acc"]


def test_the_same_call_measures_the_same(run):
    first = textssl.robustness(run, None, ["keyboard", "drop_words"], [0.3], max_texts=5)
    assert first == textssl.robustness(run, None, ["keyboard", "drop_words"], [0.3], max_texts=5)
    assert [row["corruption"] for row in first] == ["keyboard", "drop_words"]


def test_what_was_measured_of_other_groups_is_not_reported(labelled, run, capsys, quick):
    assert main(["robustness", str(run), "--corruptions", "swap", "--rates", "1"]) == 0
    capsys.readouterr()
    assert main(["report", str(run)]) == 0
    assert "corrupted" in capsys.readouterr().out
    command = ["run", str(labelled.parent / "animals.jsonl"), "--out", str(run), "--label-column", "animal"]
    assert main([*command, "--text-column", "text", "--clusters", "3", *quick]) == 0
    assert "corrupted" not in (run / "report.txt").read_text()


def test_the_classes_of_a_classifier(labelled, tmp_path, capsys):
    texts, classifier = str(labelled.parent / "animals.jsonl"), str(tmp_path / "classifier")
    columns = ["--text-column", "text", "--label-column", "animal"]
    assert main(["classify", str(labelled), texts, "--out", classifier, *columns, "--method", "head"]) == 0
    capsys.readouterr()
    assert main(["robustness", classifier, texts, *columns, "--corruptions", "case,drop_words"]) == 0
    shown = capsys.readouterr().out
    assert "accuracy at 0.2" in shown
    assert any(line.split()[:2] == ["case", "0.0%"] for line in shown.splitlines())
    assert "cosine" not in shown
    rows = textssl.robustness(classifier, ANIMALS, ["drop_words"], [0.9])
    assert rows[0]["changed"] > 0
    assert "accuracy" not in rows[0]
    assert main(["robustness", classifier]) == 2
    assert "is a classifier and has no texts: name texts to corrupt" in capsys.readouterr().err
    assert main(["robustness", str(labelled), texts]) == 2
    assert "is no classifier: a run is measured on its own texts" in capsys.readouterr().err


def test_a_run_without_labels_has_no_accuracy(finished, tmp_path):
    run = shutil.copytree(finished, tmp_path / "run")
    rows = textssl.robustness(run, corruptions=["keyboard"], rates=[0.5])
    assert rows[0].keys() == {"corruption", "rate", "changed", "cosine"}


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        (["--corruptions", "keybord"], "no corruption is called 'keybord' (nearest: 'keyboard')"),
        (["--rates", "2"], "a share of the words in (0, 1], got 2.0"),
        (["--rates", "ten"], "--rates expects numbers separated by commas, got 'ten'"),
        (["--texts", "0"], "robustness is measured on at least one text, got 0"),
        (["--label-column", "breed"], "has no column 'breed' for labels"),
        (["--out", "table.doc"], "the suffix of table.doc names no format"),
    ],
)
def test_what_cannot_be_measured(options, reason, finished, capsys):
    before = sorted(finished.iterdir())
    assert main(["robustness", str(finished), *options]) == 2
    err = capsys.readouterr().err
    assert err.startswith("textssl: ")
    assert err.count("\n") == 1
    assert reason in err
    assert sorted(finished.iterdir()) == before


def test_a_folder_without_a_run(tmp_path, capsys):
    assert main(["robustness", str(tmp_path)]) == 1
    assert "contains no run (no manifest.json)" in capsys.readouterr().err
