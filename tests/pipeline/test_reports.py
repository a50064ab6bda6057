import json
import shutil

import pytest

from textssl.cli import main
from textssl.reporting.report import Column, Section, Table
from textssl.reporting.sections.registry import SECTIONS
from textssl.run_folder import RunFolder, read_manifest, write_manifest

FOXES = [f"{fox} {jumps} {over}" for fox in ("fox", "vixen") for jumps in ("jumps", "leaps", "runs") for over in "ab"]
DOGS = [f"{dog} {sleeps} {long}" for dog in ("dog", "hound") for sleeps in ("sleeps", "rests", "naps") for long in "cd"]


@pytest.fixture
def labelled(tmp_path):
    """Return a function from labels to a file of the texts with them."""

    def write(labels):
        lines = [f"{text},{label}" for text, label in zip([*FOXES, *DOGS], labels, strict=True)]
        path = tmp_path / "animals.csv"
        path.write_text("\n".join(["text,animal", *lines]), encoding="utf-8")
        return path

    return write


def run(path, out, *options):
    return main(["run", str(path), "--out", str(out), *options])


def test_the_baseline_has_as_many_clusters_as_the_run_chose(labelled, tmp_path, quick):
    out = tmp_path / "run"
    path = labelled(["fox"] * 6 + ["vixen"] * 6 + ["dog"] * 6 + ["hound"] * 6)
    assert run(path, out, "--label-column", "animal", "--set", "clustering.max_clusters=2", *quick) == 0
    metrics = json.loads((out / "metrics.json").read_text())
    name = "TF-IDF, SVD, k-means (as many clusters as this run)"
    assert set(metrics["baseline"]) == {name}
    # k clusters match k of the four classes, with six texts each.
    assert metrics["baseline"][name]["acc"] <= metrics["groups"]["clusters"] / 4 < 1
    assert "many clusters as this" in (out / "report.txt").read_text(encoding="utf-8")


def test_the_baseline_has_the_number_of_clusters_that_was_given(labelled, tmp_path, quick):
    out = tmp_path / "run"
    path = labelled(["fox"] * 6 + ["vixen"] * 6 + ["dog"] * 6 + ["hound"] * 6)
    assert run(path, out, "--label-column", "animal", "--clusters", "2", *quick) == 0
    baseline = json.loads((out / "metrics.json").read_text())["baseline"]
    assert set(baseline) == {"TF-IDF, SVD, k-means (2 clusters)"}
    assert baseline["TF-IDF, SVD, k-means (2 clusters)"]["acc"] <= 0.5


def test_one_class_is_noted_and_not_scored(labelled, tmp_path, quick, capsys):
    out = tmp_path / "run"
    path = labelled(["animal"] * 23 + [""])
    assert run(path, out, "--label-column", "animal", "--clusters", "2", *quick) == 0
    metrics = json.loads((out / "metrics.json").read_text())
    assert metrics["baseline"] == {}
    assert not {"acc", "nmi", "ari", "classes"} & set(metrics["groups"])
    note = "the label column has only one class, so there is nothing to score against"
    assert note in (out / "report.txt").read_text(encoding="utf-8")
    assert note in (out / "report.html").read_text(encoding="utf-8")
    capsys.readouterr()
    assert main(["evaluate", str(out)]) == 1
    assert "the label column has only one class: name a column with several" in capsys.readouterr().err


def test_the_title_is_the_name_of_the_input_or_a_setting(finished, tmp_path):
    folder = tmp_path / "run"
    shutil.copytree(finished, folder)
    shown = {name: (folder / name).read_text(encoding="utf-8") for name in ("report.txt", "report.html")}
    assert shown["report.txt"].splitlines()[0] == "six.txt"
    assert "<title>six.txt</title>" in shown["report.html"]
    assert main(["report", str(folder), "--set", "reporting.title=Foxes & dogs"]) == 0
    assert "<title>Foxes &amp; dogs</title>" in (folder / "report.html").read_text(encoding="utf-8")


def test_a_new_section_sees_what_the_run_found_and_is_in_every_file(finished, tmp_path, monkeypatch):
    folder = tmp_path / "run"
    shutil.copytree(finished, folder)
    files = RunFolder(folder)
    write_manifest(files, read_manifest(files) | {"doubts": [{"text": 5, "doubt": 0.125}]})

    def surest(context):
        row = int(context.columns["probability"].argmax())
        doubts = [(context.texts[doubt["text"]], doubt["doubt"]) for doubt in context.tables["doubts"]]
        return Section(
            "Surest", Table([Column("text", "text"), Column("sure")], [(context.texts[row], "yes"), *doubts])
        )

    monkeypatch.setitem(SECTIONS, "surest", surest)
    assert main(["report", str(folder), "--set", "reporting.map_points=0"]) == 0
    for name in ("report.txt", "report.html"):
        shown = (folder / name).read_text(encoding="utf-8")
        assert "Surest" in shown
        assert "0.125" in shown
    assert json.loads((folder / "metrics.json").read_text())["doubts"] == [{"text": 5, "doubt": 0.125}]
