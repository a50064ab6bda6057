import csv
import shutil

import pytest

import textssl
from textssl.cli import main


@pytest.fixture(scope="module")
def other(six, quick, tmp_path_factory):
    """Return the folder of a run with other clusters of the same texts and one more, in reverse order."""
    root = tmp_path_factory.mktemp("other")
    lines = ["a hen sleeps", *reversed(six.read_text().splitlines())]
    (root / "texts.txt").write_text("\n".join(lines))
    assert main(["run", str(root / "texts.txt"), "--clusters", "2", "--out", str(root / "run"), *quick]) == 0
    return root / "run"


def test_a_run_and_itself(finished):
    compared = textssl.compare(finished, finished)
    assert compared.agreement == 1
    assert not compared.rows["moved"].any()
    table = compared.clusters
    assert table["cluster"].tolist() == table["other_cluster"].tolist()
    assert table["shared"].sum() == len(compared.rows) == 5  # a text that occurs twice counts once


def test_texts_are_found_in_another_order(finished, other, six, tmp_path, capsys):
    out = tmp_path / "moved.csv"
    assert main(["compare", str(finished), str(other), "--out", str(out)]) == 0
    assert "of 5 common texts moved; adjusted Rand index" in capsys.readouterr().out
    rows = list(csv.DictReader(out.read_text().splitlines()))
    texts = six.read_text().splitlines()
    assert [row["text"] for row in rows] == list(dict.fromkeys(texts))
    assert rows[2]["other_row"] == str(texts[::-1].index(texts[2]) + 1)


def test_what_moved_by_hand_has_moved(finished, tmp_path):
    edited = shutil.copytree(finished, tmp_path / "run")
    row = 2
    to = next(
        int(label) for label in textssl.load_run(finished).labels if label != textssl.load_run(finished).labels[row]
    )
    textssl.edit(edited, [("rename", f"{to}=Renamed"), ("move", f"{row}={to}")])
    compared = textssl.compare(finished, edited)
    assert [row for row, moved in zip(compared.rows["row"], compared.rows["moved"], strict=True) if moved] == [2]
    assert "Renamed" in compared.clusters["other_name"].to_pylist()


def test_a_merged_cluster_matches_one_of_its_parts(finished, tmp_path):
    merged = shutil.copytree(finished, tmp_path / "run")
    textssl.edit(merged, [("merge", "0,1")])
    compared = textssl.compare(finished, merged)
    assert sorted(compared.clusters["other_cluster"].tolist()) == [-1, 0]
    assert compared.clusters["other_name"].null_count == 1


def test_runs_without_a_common_text(finished, quick, tmp_path, capsys):
    (tmp_path / "texts.txt").write_text("a hen\na cow\na goat\n")
    assert main(["run", str(tmp_path / "texts.txt"), "--clusters", "2", "--out", str(tmp_path / "run"), *quick]) == 0
    capsys.readouterr()
    assert main(["compare", str(finished), str(tmp_path / "run"), "--out", str(tmp_path / "out.csv")]) == 1
    assert "have no text in common: compare runs of the same texts" in capsys.readouterr().err
    assert not (tmp_path / "out.csv").exists()
