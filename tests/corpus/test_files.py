import errno
import gzip

import pytest

from textssl.corpus.files import open_seekable, open_text
from textssl.errors import DataError


def read(path, encoding="auto"):
    with open_text(path, encoding, []) as text:
        return text.read()


def test_plain_and_compressed_files_read_alike(tmp_path):
    (tmp_path / "a.txt").write_text("été\n", encoding="utf-8-sig")
    (tmp_path / "a.txt.gz").write_bytes(gzip.compress((tmp_path / "a.txt").read_bytes()))
    assert read(tmp_path / "a.txt") == read(tmp_path / "a.txt.gz") == "été\n"
    with open_seekable(tmp_path / "a.txt.gz") as stream:
        stream.seek(3)
        assert stream.read() == "été\n".encode()


@pytest.mark.parametrize(
    "data", [gzip.compress(b"word " * 1000)[:-9], gzip.compress(b"word " * 1000)[:20], b"\x1f\x8bnot gzip"]
)
def test_a_corrupt_gzip_is_refused(tmp_path, data):
    path = tmp_path / "a.txt.gz"
    path.write_bytes(data)
    with pytest.raises(DataError, match=r"a\.txt\.gz is damaged or incomplete \(.*\): download or create it again"):
        read(path)


def test_a_damaged_body_of_gzip_is_refused(tmp_path):
    data = bytearray(gzip.compress(b"".join(b"%d word\n" % i for i in range(9000))))
    data[200:260] = bytes(60)
    (tmp_path / "a.txt.gz").write_bytes(data)
    with pytest.raises(DataError, match="is damaged or incomplete"):
        read(tmp_path / "a.txt.gz")


def test_bytes_that_do_not_fit_the_declared_encoding(tmp_path):
    (tmp_path / "a.txt").write_bytes(b"fine \xff")
    with pytest.raises(DataError, match=r"a\.txt cannot be decoded .* at byte 5.*--set corpus\.encoding=NAME"):
        read(tmp_path / "a.txt", "utf-8")


def test_utf16_without_its_mark_is_refused_where_it_is_declared(tmp_path):
    (tmp_path / "a.txt").write_bytes(b"abc")
    with pytest.raises(DataError, match="cannot be decoded"):
        read(tmp_path / "a.txt", "utf-16")


def test_files_that_cannot_be_read(tmp_path, monkeypatch):
    with pytest.raises(DataError, match=r"cannot read .*none\.txt: No such file"):
        read(tmp_path / "none.txt")

    def refuse(path):
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr("textssl.corpus.files._open_bytes", refuse)
    with pytest.raises(DataError, match=r"cannot read .*a\.txt: Permission denied"):
        read(tmp_path / "a.txt")
