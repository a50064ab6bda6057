import csv
import json
import random
import shutil

import numpy as np
import pytest
from subjects import WORDS

import textssl
from textssl.cli import main
from textssl.pipeline.edits import edited_columns

SHORT = ["--set", "pretraining.tokens=500", "--set", "reporting.map_points=50", "--set", "embedding.refine=false"]


@pytest.fixture(scope="module")
def topics(tmp_path_factory):
    """Return the path of 240 texts of three subjects."""
    draw = random.Random(5)
    lines = [f"{subject} {' '.join(draw.sample(WORDS[subject], 6))}" for subject in ("soup", "storm", "piano") * 80]
    path = tmp_path_factory.mktemp("topics") / "texts.txt"
    path.write_text("\n".join(lines) + "\n")
    return path


@pytest.fixture(scope="module")
def grouped(tmp_path_factory, topics):
    """Return the folder of a run of three clusters, with a finer level."""
    root = tmp_path_factory.mktemp("grouped")
    assert main(["run", str(topics), "--clusters", "3", "--levels", "9", "--out", str(root / "run"), *SHORT]) == 0
    return root / "run"


@pytest.fixture
def run(grouped, tmp_path):
    return shutil.copytree(grouped, tmp_path / "run")


def edited(run, *changes):
    assert main(["edit", str(run), *changes]) == 0
    return textssl.load_run(run)


def test_a_name_is_everywhere(run, topics, tmp_path):
    assert edited(run, "--rename", "1=Late <deliveries>").clusters[0]["name"]
    names = {cluster["id"]: cluster["name"] for cluster in textssl.load_run(run).clusters}
    assert names[1] == "Late <deliveries>"
    assert "Late &lt;deliveries&gt;" in (run / "report.html").read_text()
    out = tmp_path / "out.csv"
    assert main(["export", str(run), "--format", "csv", "--columns", "cluster,cluster_name", "--out", str(out)]) == 0
    rows = list(csv.DictReader(out.read_text().splitlines()))
    assert {row["cluster_name"] for row in rows if row["cluster"] == "1"} == {"Late <deliveries>"}
    predicted = textssl.predict(run, topics)
    assert predicted["cluster_name"].to_pylist() == [names[label] for label in predicted["cluster"]]


def test_merged_clusters_are_one(run, grouped, topics):
    before, now = textssl.load_run(grouped), edited(run, "--merge", "2,0")
    np.testing.assert_array_equal(now.labels, np.where(before.labels == 0, 2, before.labels))
    assert sorted(cluster["id"] for cluster in now.clusters) == [1, 2]
    np.testing.assert_array_equal(textssl.predict(run, topics)["cluster"], now.labels)
    assert not (now.labels == now.second_labels)[now.labels >= 0].any()
    assert (now.probabilities >= before.probabilities - 1e-6).all()


def test_a_cluster_is_split_at_the_next_level(run, grouped, topics):
    before, now = textssl.load_run(grouped), edited(run, "--split", "1")
    parts = np.unique(now.labels[before.labels == 1])
    assert parts[0] == 1
    assert len(parts) > 1
    assert parts[1] == 3
    np.testing.assert_array_equal(now.labels[before.labels != 1], before.labels[before.labels != 1])
    for part in parts:
        assert len(np.unique(now.columns["level_2"][now.labels == part])) == 1
    np.testing.assert_array_equal(textssl.predict(run, topics)["cluster"], now.labels)


def test_a_moved_row_is_certain(run):
    now = edited(run, "--move", "0=1", "--move", "1=1")
    assert now.labels[:2].tolist() == [1, 1]
    assert (now.probabilities[:2][now.second_labels[:2] >= 0] == 1).all()


def test_changes_add_up_and_can_be_undone(run, grouped, capsys):
    edited(run, "--rename", "1=One", "--merge", "1,2")
    now = edited(run, "--rename", "0=Zero")
    assert "3 changes" in capsys.readouterr().out
    assert {cluster["name"] for cluster in now.clusters} == {"One", "Zero"}
    np.testing.assert_array_equal(edited(run, "--undo", "--undo", "--undo").labels, textssl.load_run(grouped).labels)
    assert (run / "clusters.json").read_bytes() == (grouped / "clusters.json").read_bytes()


def test_changes_of_a_file_are_applied(run, grouped, tmp_path):
    edited(run, "--rename", "1=One", "--split", "0", "--move", "5=2")
    other = shutil.copytree(grouped, tmp_path / "other")
    np.testing.assert_array_equal(
        edited(other, "--apply", str(run / "names.json")).labels, textssl.load_run(run).labels
    )


def test_changes_do_not_apply_to_other_clusters(run, topics):
    edited(run, "--merge", "0,1")
    command = ["run", str(topics), "--levels", "9", "--out", str(run), *SHORT]
    assert main([*command, "--clusters", "4"]) == 0
    assert len(np.unique(textssl.load_run(run).labels)) == 4
    assert main([*command, "--clusters", "3"]) == 0
    assert len(np.unique(textssl.load_run(run).labels)) == 2  # the same clusters, and so the same changes


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (["--rename", "7=Seven"], "there is no cluster 7: the clusters are 0, 1, 2"),
        (["--rename", "1"], "--rename expects 3=Late deliveries, got '1'"),
        (["--rename", "1= "], "--rename expects 3=Late deliveries, got '1= '"),
        (["--rename", "1=A", "--rename", "2=A"], "cluster 1 has the name 'A' already"),
        (["--merge", "1"], "--merge expects at least two clusters separated by commas, got '1'"),
        (["--merge", "1,x"], "there is no cluster x"),
        (["--merge", "0,1", "--rename", "1=Gone"], "there is no cluster 1: the clusters are 0, 2"),
        (["--move", "100000=1"], "there is no row 100000: rows are numbered from 0 to"),
        (["--move", "3"], "--move expects 17=5, got '3'"),
        (["--undo"], "cannot undo 1 changes"),
    ],
    ids=str,
)
def test_wrong_changes_change_nothing(run, changes, message, capsys):
    assert main(["edit", str(run), *changes]) == 2
    assert message in capsys.readouterr().err
    assert not (run / "names.json").exists()


@pytest.mark.parametrize("content", ["3", "[]", "{}", '{"edits": [{"paint": 3}]}', '{"edits": 5}', "{"])
def test_a_file_without_changes(run, content, tmp_path, capsys):
    (tmp_path / "names.json").write_text(content)
    assert main(["edit", str(run), "--apply", str(tmp_path / "names.json")]) == 1
    assert len(capsys.readouterr().err.splitlines()) == 1
    assert main(["edit", str(run), "--apply", str(tmp_path / "nothing.json")]) == 1


def test_a_cluster_without_a_finer_level(finished, tmp_path, capsys):
    run = shutil.copytree(finished, tmp_path / "run")
    assert main(["edit", str(run), "--split", "0"]) == 2
    assert "cluster 0 has no finer level: run again with --levels" in capsys.readouterr().err


def test_without_changes_the_columns_are_those_found():
    columns = {"cluster": np.array([0, 1])}
    assert edited_columns(columns, [])["cluster"] is columns["cluster"]


def test_the_names_are_kept_as_json(run):
    edited(run, "--rename", "1=One")
    assert json.loads((run / "names.json").read_text())["edits"] == [{"rename": 1, "name": "One"}]
