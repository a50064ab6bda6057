"""Opening files, also compressed or in an archive, with one clear line for every error.

A member of a .zip archive is addressed as if the archive were a folder: ``texts.zip/a.csv``.
"""

import io
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from shutil import copyfileobj
from typing import BinaryIO, TextIO, cast

from textssl.corpus.file_encoding import find_encoding
from textssl.errors import DataError

ZIP = b"PK\x03\x04"
# The first bytes of compressed files and pyarrow's name of the method; names of files are often wrong.
_COMPRESSED = {b"\x1f\x8b": "gzip", b"BZh": "bz2", b"\x28\xb5\x2f\xfd": "zstd"}
_START = 1 << 12


@contextmanager
def open_text(path: Path, encoding: str, notes: list[str], newline: str | None = None) -> Iterator[TextIO]:
    """Open a text file, compressed or not.

    Args:
        path: the file.
        encoding: its encoding; "auto" detects it.
        notes: a sentence is added if the encoding is a guess.
        newline: as for `open`.

    Raises:
        DataError: if it cannot be read or decoded, also while the caller reads it.
    """
    with clear_read_errors(path):
        with _open_bytes(path) as stream:
            found = find_encoding(stream, encoding, str(path), notes)
        with _open_bytes(path) as stream, io.TextIOWrapper(stream, encoding=found, newline=newline) as text:
            yield text


@contextmanager
def open_seekable(path: Path) -> Iterator[BinaryIO]:
    """Open a binary file; a compressed one is first unpacked to a temporary file, which is seekable."""
    with clear_read_errors(path), _open_bytes(path) as stream:
        if isinstance(stream, io.BufferedReader):
            yield stream
            return
        with tempfile.TemporaryFile() as unpacked:
            copyfileobj(stream, unpacked)
            unpacked.seek(0)
            yield cast(BinaryIO, unpacked)


def read_start(path: Path) -> bytes:
    """Return the first bytes of the unpacked file."""
    with clear_read_errors(path), _open_bytes(path) as stream:
        return stream.read(_START)


def list_archive(path: Path) -> list[str]:
    """Return the names of the files in a .zip archive, in order."""
    with open_seekable(path) as stream, zipfile.ZipFile(stream) as archive:
        return [member.filename for member in archive.infolist() if not member.is_dir()]


@contextmanager
def clear_read_errors(path: Path) -> Iterator[None]:
    """Turn all errors of reading `path` into a DataError of one line."""
    try:
        yield
    except UnicodeError as error:
        reason = f"{error.reason} at byte {error.start}" if isinstance(error, UnicodeDecodeError) else str(error)
        raise DataError(f"{path} cannot be decoded ({reason}): give another --set corpus.encoding=NAME") from None
    except (OSError, EOFError, zipfile.BadZipFile) as error:
        if isinstance(error, OSError) and error.errno:
            raise DataError(f"cannot read {path}: {error.strerror}") from None
        raise DataError(f"{path} is damaged or incomplete ({error}): download or create it again") from None


@contextmanager
def _open_bytes(path: Path) -> Iterator[BinaryIO]:
    with ExitStack() as closing:
        stream = closing.enter_context(_open_packed(path, closing))
        start = stream.read(4)
        stream.seek(0)
        for mark, codec in _COMPRESSED.items():
            if start.startswith(mark):
                import pyarrow as pa

                stream = closing.enter_context(pa.CompressedInputStream(stream, codec))
        yield stream


def _open_packed(path: Path, closing: ExitStack) -> BinaryIO:
    archive = next((parent for parent in path.parents if parent.is_file()), None)
    if archive is None:
        return path.open("rb")
    members = closing.enter_context(zipfile.ZipFile(archive))
    try:
        return cast(BinaryIO, members.open(path.relative_to(archive).as_posix()))
    except (RuntimeError, NotImplementedError, KeyError) as error:  # a password, an unknown method, a nested archive
        raise DataError(f"cannot unpack {path}: {error}") from None
