"""Opening files, compressed or not, with one clear line for whatever is wrong with them."""

import gzip
import io
import tempfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from shutil import copyfileobj
from typing import BinaryIO, TextIO, cast

from textssl.corpus.encoding import find_encoding
from textssl.errors import DataError


@contextmanager
def open_text(path: Path, encoding: str, newline: str | None = None) -> Iterator[TextIO]:
    """Open a text file, .gz or plain, in the encoding given or found out.

    Raises:
        DataError: if it cannot be read or decoded; also while the caller reads it.
    """
    with clear_read_errors(path):
        with _open_bytes(path) as stream:
            found = find_encoding(stream, encoding, str(path))
        with _open_bytes(path) as stream, io.TextIOWrapper(stream, encoding=found, newline=newline) as text:
            yield text


@contextmanager
def open_seekable(path: Path) -> Iterator[BinaryIO]:
    """Open a binary file; a .gz is first unpacked to a temporary file, so that one can seek in it cheaply."""
    with clear_read_errors(path), _open_bytes(path) as stream:
        if path.suffix != ".gz":
            yield stream
            return
        with tempfile.TemporaryFile() as unpacked:
            copyfileobj(stream, unpacked)
            unpacked.seek(0)
            yield cast(BinaryIO, unpacked)


@contextmanager
def clear_read_errors(path: Path) -> Iterator[None]:
    """Turn whatever reading `path` raises into one clear DataError."""
    try:
        yield
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise DataError(f"{path} is not a whole gzip file ({error}): fetch or write it again") from None
    except UnicodeError as error:
        reason = f"{error.reason} at byte {error.start}" if isinstance(error, UnicodeDecodeError) else str(error)
        raise DataError(f"{path} cannot be decoded ({reason}): give another --set corpus.encoding=NAME") from None
    except OSError as error:
        raise DataError(f"cannot read {path}: {error.strerror or error}") from None


def _open_bytes(path: Path) -> BinaryIO:
    return cast(BinaryIO, gzip.open(path) if path.suffix == ".gz" else path.open("rb"))
