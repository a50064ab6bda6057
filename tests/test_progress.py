import sys

import pytest
from fitting import fit_encoder
from transformers.utils import logging

import textssl
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


def test_libraries_draw_no_bars_either(six, tmp_path, capfd):
    texts = six.read_text().splitlines()
    model = textssl.pretrain(texts, tmp_path / "lm", textssl.PretrainingSettings(tokens=100))
    settings = textssl.EmbeddingSettings(form="transformer", sentence_tokens=0)
    textssl.encode(fit_encoder(model, texts, tmp_path / "encoder", settings), texts)
    textssl.encode(tmp_path / "encoder", texts)
    textssl.fill(tmp_path / "lm", "the ____")
    assert "%|" not in capfd.readouterr().err
    assert logging.is_progress_bar_enabled()
