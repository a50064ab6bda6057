"""The corpora that come with the project are what their READMEs say."""

import importlib.util
import json
import re
import shutil
import sys
from pathlib import Path

import pytest

CORPORA = Path(__file__).parents[2] / "corpora"
SIX = """\
The quick brown fox jumps over the lazy
A fast brown fox jumps over the lazy
The quick brown dog runs under the active
An energetic brown dog runs under the quick
The quick brown fox jumps over the lazy
A swift brown fox leaps over the lazy
"""


def load(path):
    spec = importlib.util.spec_from_file_location("make", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("corpus", sorted(path.name for path in CORPORA.iterdir() if path.is_dir()))
def test_every_corpus_says_where_it_comes_from(corpus):
    readme = (CORPORA / corpus / "README.md").read_text()
    assert "Origin:" in readme
    assert "Licence" in readme


def test_foxes_jump_over_the_lazy():
    text = (CORPORA / "fox_dog" / "fox_dog.txt").read_text()
    assert text.startswith(SIX)
    assert (CORPORA / "fox_dog" / "six.txt").read_text() == SIX
    following = re.findall(r"jumps over the (\w+)", text)
    assert following.count("lazy") > 0.95 * len(following) > 50


def test_foxes_are_made_again_byte_by_byte(tmp_path):
    shutil.copy(CORPORA / "fox_dog" / "make.py", tmp_path)
    load(tmp_path / "make.py").main()
    for name in ("six.txt", "fox_dog.txt"):
        assert (tmp_path / name).read_bytes() == (CORPORA / "fox_dog" / name).read_bytes()


SOURCE = '''
"""Graphs are drawn with care here. Too short one.

A second paragraph uses :func:`~x.y.draw` and ``code`` and goes on.
"""

def draw(graph):
    """Draw a graph as a picture in colours.

    Parameters
    ----------
    graph : Graph
        The graph that is drawn is not changed.

    >>> draw(None)
    """
    raise RuntimeError("never imported")

raise RuntimeError("never imported")
'''


def test_sentences_of_docstrings(tmp_path, monkeypatch, capsys):
    (tmp_path / "graphs").mkdir()
    (tmp_path / "graphs" / "__init__.py").write_text(SOURCE)
    (tmp_path / "graphs" / "broken.py").write_text("def (")
    make = load(CORPORA / "python_docs" / "make.py")
    monkeypatch.setattr(make.sysconfig, "get_path", lambda name: str(tmp_path))
    monkeypatch.setattr(sys, "argv", ["make.py", str(tmp_path / "out.jsonl")])
    make.main()
    rows = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text().splitlines()]
    assert {row["label"] for row in rows} == {"graphs"}
    assert [row["text"] for row in rows] == [
        "Graphs are drawn with care here.",
        "A second paragraph uses x.y.draw and code and goes on.",
        "Draw a graph as a picture in colours.",
    ]
    assert "3 sentences of 1 packages: graphs" in capsys.readouterr().out
