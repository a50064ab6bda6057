import pytest

from textssl.corpus.readers.text import read_lines
from textssl.corpus.settings import CorpusSettings
from textssl.errors import UsageError


def texts(path, settings=CorpusSettings()):  # noqa: B008  frozen
    blocks = list(read_lines(path, settings, []))
    assert all(block.labels == [None] * len(block.texts) and block.others is None for block in blocks)
    return [text for block in blocks for text in block.texts]


def test_a_line_is_a_row_and_blank_lines_count(tmp_path):
    path = tmp_path / "lines.txt"
    path.write_bytes("one\r\n\n  \ntwo\u2028still two\x0b\x85\nthree\n".encode())
    assert [text.strip() for text in texts(path)] == ["one", "", "", "two\u2028still two", "three"]


def test_paragraphs_of_a_file(tmp_path):
    path = tmp_path / "1.txt"
    path.write_text("one\ntwo\n\nthree\n")
    assert texts(path, CorpusSettings(unit="paragraph")) == ["one\ntwo\n", "three\n"]


def test_lines_that_look_like_rows_are_said(tmp_path):
    path = tmp_path / "excel.txt"
    path.write_bytes("id\ttext\n1\tDer Zug\n\n2\tKaffee\n".encode("utf-16"))
    notes = []
    assert len(next(read_lines(path, CorpusSettings(), notes)).texts) == 4
    assert notes == [f"{path}: each line is one text, including its tabs; if it is a table, rename it to .tsv"]
    path.write_text("one\ttab\nnone\n")
    assert next(read_lines(path, CorpusSettings(), notes)).texts == ["one\ttab\n", "none\n"]
    assert len(notes) == 1


@pytest.mark.parametrize("key", ["text_column", "label_column"])
def test_columns_of_a_text_file_are_refused(tmp_path, key):
    path = tmp_path / "c.txt"
    path.write_text("four")
    with pytest.raises(UsageError, match=rf"corpus\.{key} is 'x', but .* has no columns"):
        texts(path, CorpusSettings(**{key: "x"}))
