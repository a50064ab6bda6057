"""Runs on more texts than are learned from, by the ceiling of memory or because they are very many."""

import random
import re

import numpy as np
import pytest
from subjects import WORDS

import textssl
from textssl.cli import main
from textssl.pipeline import estimate, learning
from textssl.run_folder import RunFolder, read_manifest

SUBJECTS = ("soup", "storm")


@pytest.fixture
def texts(tmp_path):
    """1,300 distinct texts of two subjects, in turn."""
    draw = random.Random(5)
    lines = [f"{row} {subject} {' '.join(draw.sample(WORDS[subject], 6))}" for row, subject in texts_in_turn(1_300)]
    path = tmp_path / "texts.txt"
    path.write_text("\n".join(lines) + "\n")
    return path


def texts_in_turn(count):
    return [(row, SUBJECTS[row % 2]) for row in range(count)]


def test_vectors_and_groups_are_learned_from_some_texts_and_all_are_placed(texts, quick, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(estimate, "_BYTES_PER_CHARACTER", 20_000)  # a ceiling that 1,300 short texts reach
    monkeypatch.setattr(learning, "MOST_LEARNED", 700)
    monkeypatch.setattr(learning, "_ROWS_AT_ONCE", 500)
    out = tmp_path / "run"
    assert main(["run", str(texts), "--out", str(out), "--memory", "2GB", "--clusters", "2", *quick]) == 0
    said = capsys.readouterr().err
    assert "1,300 distinct texts: about 30 seconds, 2.0 GB of memory at most; vectors are learned from 1,239" in said
    run = textssl.load_run(out)
    assert run.labels.tolist() in ([0, 1] * 650, [1, 0] * 650)
    learned = read_manifest(RunFolder(out))["learned"]
    assert 1_000 < learned < 1_300
    said = " ".join((out / "report.txt").read_text().split())
    assert f"learned from {learned} of 1300 distinct texts" in said
    found = re.search(r"refined on (\d+) of 1214 texts, until their halves agree on their clusters \(4 to 32\)", said)
    assert found
    assert 200 <= int(found[1]) <= 700
    again = textssl.predict(out, str(texts))
    np.testing.assert_array_equal(again["cluster"], run.labels)
