import sys

import pytest

from textssl.progress import bar, show_progress


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
