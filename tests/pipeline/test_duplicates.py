import csv

import pytest

import textssl
from textssl.cli import main


def test_near_duplicates_of_a_run(finished, six, tmp_path, capsys):
    out, pairs = tmp_path / "found.csv", tmp_path / "pairs.csv"
    command = ["duplicates", str(finished), "--similarity", "0.7", "--out", str(out), "--pairs", str(pairs)]
    assert main(command) == 0
    assert "in 1 groups of near-duplicates" in capsys.readouterr().out
    rows = list(csv.DictReader(out.read_text().splitlines()))
    assert [row["text"] for row in rows] == six.read_text().splitlines()
    assert rows[0]["group"] == rows[4]["group"] == "0"
    assert (rows[0]["similar_row"], float(rows[0]["similarity"])) == ("4", 1)
    assert rows[2]["similar_row"] == "-1"
    assert next(csv.DictReader(pairs.read_text().splitlines())) == {"row": "0", "similar_row": "4", "similarity": "1"}


def test_of_a_file_as_of_its_run(finished, six):
    of_file, found = textssl.find_duplicates(six, 0.7)
    of_run, _ = textssl.find_duplicates(finished, 0.7)
    assert of_file["group"].tolist() == of_run["group"].tolist() == found.groups.tolist()


@pytest.mark.parametrize("more", [["--similarity", "2"], ["--similarity", "high"], ["--pairs", "pairs.doc"]])
def test_wrong_calls_write_nothing(more, six, tmp_path, capsys):
    out = tmp_path / "found.csv"
    assert main(["duplicates", str(six), "--out", str(out), *more]) == 2
    assert len(capsys.readouterr().err.splitlines()) == 1
    assert not out.exists()
