import io
import random

import pytest

from textssl.corpus.file_encoding import find_encoding
from textssl.errors import DataError, UsageError

FRENCH = "Le café était déjà fermé à midi, où aller après ?\n" * 5
RUSSIAN = "Привет, как дела? Это пример текста на русском языке.\n" * 5


def found(data, declared="auto", notes=None):
    return find_encoding(io.BytesIO(data), declared, "file.txt", [] if notes is None else notes)


@pytest.mark.parametrize("text", [FRENCH, RUSSIAN, "plain\n"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
def test_unicode_is_read_back(text, encoding):
    data = text.encode(encoding)
    assert data.decode(found(data)) == text


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        (FRENCH, "cp1252"),
        ("naïve\n", "cp1252"),
        ("Zażółć gęślą jaźń, proszę państwa\n" * 5, "cp1250"),
        (RUSSIAN, "cp1251"),
        ("これは日本語の文章です。\n" * 5, "shift_jis"),
        ("这是一个中文的例子，我们喜欢吃饭。\n" * 5, "gbk"),
    ],
)
def test_other_encodings_are_guessed_and_said(text, encoding):
    data = text.encode(encoding)
    notes = []
    assert data.decode(found(data, notes=notes)) == text
    (note,) = notes
    assert note.startswith("file.txt is not UTF-8, read as ")


def test_the_one_foreign_byte_may_stand_far_behind():
    data = b"plain words\n" * 200_000 + "déjà vu, encore une fois".encode("latin-1")
    assert found(data) == "cp1252"


def test_a_declared_encoding_is_honoured():
    assert found(FRENCH.encode("utf-8"), "cp1252") == "cp1252"
    assert found(b"", "UTF8") == "utf-8-sig"


@pytest.mark.parametrize("name", ["utf-9", "hex", "a\0b"])
def test_an_unknown_encoding_is_refused(name):
    with pytest.raises(UsageError, match=r"corpus\.encoding: no text encoding is called"):
        found(b"x", name)


def test_scattered_nul_bytes_are_text():
    assert found(b"one\0two\nthree\n") == "utf-8-sig"


@pytest.mark.parametrize("data", [b"\x7fELF" + bytes(500), random.Random(0).randbytes(5000), "ab".encode("utf-16-le")])
def test_binary_files_are_refused(data):
    with pytest.raises(DataError, match=r"file\.txt is binary, expected text: .*--set corpus\.encoding=utf-16-le"):
        found(data)


def test_damaged_utf8_is_not_taken_for_something_else():
    with pytest.raises(DataError, match="UTF-8 with damaged bytes"):
        found(RUSSIAN.encode() + b"\xff" + RUSSIAN.encode())
    with pytest.raises(DataError, match="UTF-8 with damaged bytes"):
        found(RUSSIAN.encode()[:-3])


def test_what_nothing_decodes_is_refused(monkeypatch):
    monkeypatch.setattr("textssl.corpus.file_encoding._COMMON", ["ascii"])
    with pytest.raises(DataError, match=r"^cannot detect the encoding of file\.txt: .*--set corpus\.encoding=cp1252"):
        found(FRENCH.encode("cp1252"))
