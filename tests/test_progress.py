import sys

import pytest

from textssl.progress import bar, say, show_progress


@pytest.fixture(autouse=True)
def shown_again():
    yield
    show_progress(True)


@pytest.mark.parametrize(("terminal", "wanted"), [(True, True), (False, True), (True, False)])
def test_bars_are_drawn_on_a_terminal_unless_turned_off(terminal, wanted, monkeypatch, capsys):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: terminal)
    show_progress(wanted)
    assert list(bar(range(3), "counting")) == [0, 1, 2]
    assert ("counting" in capsys.readouterr().err) == (terminal and wanted)


@pytest.mark.parametrize("wanted", [True, False])
def test_lines_can_be_turned_off(wanted, capsys):
    show_progress(wanted)
    say("groups: 3.1 s")
    assert (capsys.readouterr().err == "groups: 3.1 s\n") == wanted
