"""What the README says is so: its examples run, its tree is what is there, its registries exist."""

import doctest
import re
from importlib import import_module
from pathlib import Path

import pytest
import test_contract

import textssl

ROOT = Path(textssl.__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


@pytest.fixture
def quiet():
    yield
    textssl.show_progress(True)


def test_the_examples(quiet, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    failed, tried = doctest.testfile(str(ROOT / "README.md"), module_relative=False)
    assert tried > 20
    assert not failed


def test_the_tree_is_what_is_there():
    tree = README.partition("## The house")[2].partition("```")[2].partition("```")[0]
    package, rest = tree.partition("textssl/\n")[2].split("scripts/")
    named = set(re.findall(r"^  (\w+)/", package, re.MULTILINE)) | set(re.findall(r"\w+\.py", package))
    parts = [path for path in (ROOT / "textssl").iterdir() if path.suffix == ".py" or (path / "__init__.py").exists()]
    assert named == {path.name for path in parts} - {"__init__.py"}
    assert {line.partition("/")[0] for line in rest.splitlines()[1:] if line} == {"tests", "corpora"}


def test_every_registry_is_in_the_table():
    rows = re.findall(r"^\| .* \| `(\w+)` in `(\S+)\.py` \|$", README, re.MULTILINE)
    found = [getattr(import_module(path.replace("/", ".")), name) for name, path in rows]
    assert all(any(registry is other for other in found) for registry, _ in test_contract.LINES)
    assert len(found) == len(test_contract.LINES)
