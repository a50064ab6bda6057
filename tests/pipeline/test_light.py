"""A run that makes only groups and the report again loads no library that learns or reads language."""

import shutil
import subprocess
import sys

import pytest

HEAVY = {"torch", "transformers", "sentence_transformers", "spacy", "datasets", "openTSNE"}


@pytest.mark.parametrize("more", [["--clusters", "3"], ["--clusters", "2", "--set", "reporting.keywords=3"]], ids=str)
def test_other_groups_load_nothing_that_learns(more, six, quick, finished, tmp_path):
    out = shutil.copytree(finished, tmp_path / "run")
    code = "import sys; from textssl.cli import main; code = main(sys.argv[1:]); print('loaded:', *sys.modules)"
    command = [sys.executable, "-c", code, "run", str(six), "--out", str(out), *quick, *more]
    ended = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "made again" in ended.stderr
    loaded = set(ended.stdout.rpartition("loaded:")[2].split())
    assert "textssl.pipeline.run" in loaded
    assert not HEAVY & loaded
