"""The kinds of files that can be read, and which kind a file is: the content decides, then the name."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

from textssl.corpus.files import ZIP, list_archive, read_start
from textssl.corpus.readers.arrow import read_parquet
from textssl.corpus.readers.delimited import read_delimited
from textssl.corpus.readers.json import read_json
from textssl.corpus.readers.spreadsheet import read_spreadsheet
from textssl.corpus.readers.text import read_document, read_lines
from textssl.corpus.records import Rows
from textssl.corpus.settings import CorpusSettings
from textssl.errors import DataError

ReadRows = Callable[[Path, CorpusSettings, list[str]], Iterator[Rows]]


class Reader(NamedTuple):
    """A kind of file: how to recognise one, and how to read it.

    Attributes:
        read: yields the rows of a file; called with its path, the settings and a list that it adds notes to.
        suffixes: the suffixes of its names, such as ``".csv"``.
        starts: bytes that its content starts with; they outweigh the name.
        starts_under: suffixes under which `starts` counts; empty for any name.
        member: a file that makes a .zip archive a file of this kind.
        has_columns: whether its rows have columns, from which those of texts and labels are chosen.
        read_document: yields the single row of a file that is one text, as each such file in a folder is; None if
            `read` applies there too.
    """

    read: ReadRows
    suffixes: tuple[str, ...]
    starts: tuple[bytes, ...] = ()
    starts_under: tuple[str, ...] = ()
    member: str = ""
    has_columns: bool = True
    read_document: ReadRows | None = None


_DELIMITED = (".csv", ".tsv", ".tab")

READERS: dict[str, Reader] = {
    "text": Reader(read_lines, (".txt", ".text", ".md"), has_columns=False, read_document=read_document),
    "delimited": Reader(read_delimited, _DELIMITED),
    "json": Reader(read_json, (".jsonl", ".ndjson", ".json"), starts=(b'{"', b'[{"'), starts_under=_DELIMITED),
    "parquet": Reader(read_parquet, (".parquet",), starts=(b"PAR1",)),
    "spreadsheet": Reader(read_spreadsheet, (".xlsx",), member="xl/workbook.xml"),
}

_COMPRESSED = (".gz", ".bz2", ".zst", ".zip")
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


def read_file(path: Path, settings: CorpusSettings, notes: list[str]) -> Iterator[Rows]:
    """Yield the rows of a file, or of each file in a .zip archive.

    Args:
        path: the file; a member of an archive is addressed as if the archive were a folder.
        settings: columns, unit, encoding, and the format of delimited files.
        notes: one sentence is added for each finding that a user should know.

    Raises:
        DataError: if the file is empty, of an unsupported type, or malformed.
        UsageError: if a named column or encoding does not exist.
    """
    start = read_start(path)
    if not start:
        raise DataError(f"{path} is empty: expected texts")
    members = list_archive(path) if start.startswith(ZIP) else None
    reader = _reader_of_content(start.removeprefix(_BYTE_ORDER_MARK), members or [], file_type(path))
    if reader is None and members is not None:
        return _read_archive(path, members, settings, notes)
    reader = reader or reader_of_name(path)
    if reader is None:
        raise _unsupported(path)
    return reader.read(path, settings, notes)


def reader_of_name(path: Path) -> Reader | None:
    """Return the reader for files of this name, None if the type is unsupported."""
    suffix = file_type(path)
    return next((reader for reader in READERS.values() if suffix in reader.suffixes), None)


def file_type(path: Path) -> str:
    """Return the suffix that names the kind of a file, in lower case: ``".csv"`` for ``a.CSV.gz``."""
    return Path(path.stem if path.suffix.lower() in _COMPRESSED else path.name).suffix.lower()


def _reader_of_content(start: bytes, members: list[str], suffix: str) -> Reader | None:
    for reader in READERS.values():
        if reader.member in members:
            return reader
        if start.startswith(reader.starts) and suffix in (reader.starts_under or [suffix]):
            return reader
    return None


def _read_archive(path: Path, members: list[str], settings: CorpusSettings, notes: list[str]) -> Iterator[Rows]:
    readable = [member for member in map(Path, members) if reader_of_name(member) and not _is_hidden(member)]
    if not readable and path.suffix.lower() != ".zip":
        raise _unsupported(path)  # many formats are .zip archives, .docx for one
    if not readable:
        raise DataError(f"{path} contains no file of a supported type: expected {_supported()}")
    if left_out := len(members) - len(readable):
        notes.append(f"{path}: {left_out} of {len(members)} files left out (hidden or of unsupported types)")
    for member in readable:
        yield from read_file(path / member, settings, notes)


def _is_hidden(member: Path) -> bool:
    return any(part.startswith((".", "__MACOSX")) for part in member.parts)


def _unsupported(path: Path) -> DataError:
    suffix = file_type(path) or path.suffix
    return DataError(f"unsupported file type {suffix!r} of {path}; expected {_supported()}: convert it")


def _supported() -> str:
    suffixes = [suffix for reader in READERS.values() for suffix in reader.suffixes]
    return f"{', '.join(suffixes)} (each also {', '.join(_COMPRESSED)})"
