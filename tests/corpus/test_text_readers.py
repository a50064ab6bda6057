import pytest

from textssl.corpus.settings import CorpusSettings
from textssl.corpus.text_readers import read_documents, read_lines
from textssl.errors import DataError, UsageError


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "1.txt").write_text("one\ntwo\n\nthree\n")
    (tmp_path / "a.txt").write_text("")
    (tmp_path / "c.txt").write_text("four")
    (tmp_path / "notes.md").write_text("not this")
    return tmp_path


def texts(records):
    return [record.text for record in records]


def test_a_line_is_a_row_and_blank_lines_count(folder):
    path = folder / "lines.txt"
    path.write_bytes("one\r\n\n  \ntwo\u2028still two\x0b\x85\nthree\n".encode())
    assert [text.strip() for text in texts(read_lines(path, CorpusSettings()))] == [
        *["one", "", "", "two\u2028still two", "three"],
    ]


def test_paragraphs_of_a_file(folder):
    path = folder / "b" / "1.txt"
    assert texts(read_lines(path, CorpusSettings(unit="paragraph"))) == ["one\ntwo\n", "three\n"]


def test_a_file_of_a_folder_is_a_row(folder):
    assert texts(read_documents(folder, CorpusSettings())) == ["", "one\ntwo\n\nthree\n", "four"]


def test_paragraphs_of_a_folder(folder):
    found = texts(read_documents(folder, CorpusSettings(unit="paragraph")))
    assert found == ["one\ntwo\n", "three\n", "four"]


def test_a_folder_without_text_files_is_refused(tmp_path):
    with pytest.raises(DataError, match=r"holds no text files: expected files that end in \.txt or \.txt\.gz"):
        list(read_documents(tmp_path, CorpusSettings()))


@pytest.mark.parametrize("key", ["text_column", "label_column"])
def test_columns_of_a_text_file_are_refused(folder, key):
    with pytest.raises(UsageError, match=rf"corpus\.{key} is 'x', but .* has no columns"):
        list(read_lines(folder / "c.txt", CorpusSettings(**{key: "x"})))
    with pytest.raises(UsageError, match="has no columns"):
        list(read_documents(folder, CorpusSettings(**{key: "x"})))
