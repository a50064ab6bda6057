"""The kinds of files that are read, and which of them a file is: its content decides, then its name."""

from collections.abc import Callable, Iterator
from pathlib import Path

from textssl.corpus.delimited import read_delimited
from textssl.corpus.files import ZIP, list_archive, read_start
from textssl.corpus.json_readers import read_json
from textssl.corpus.parquet import read_parquet
from textssl.corpus.records import Rows
from textssl.corpus.settings import CorpusSettings
from textssl.corpus.spreadsheets import read_spreadsheet
from textssl.corpus.text_readers import read_lines
from textssl.errors import DataError

Reader = Callable[[Path, CorpusSettings, list[str]], Iterator[Rows]]

FILE_READERS: dict[str, Reader] = {
    ".txt": read_lines,
    ".text": read_lines,
    ".md": read_lines,
    ".csv": read_delimited,
    ".tsv": read_delimited,
    ".tab": read_delimited,
    ".jsonl": read_json,
    ".ndjson": read_json,
    ".json": read_json,
    ".parquet": read_parquet,
    ".xlsx": read_spreadsheet,
}
_PACKED = (".gz", ".bz2", ".zst", ".zip")
_PARQUET = b"PAR1"
_WORKBOOK = "xl/workbook.xml"
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


def read_file(path: Path, settings: CorpusSettings, notes: list[str]) -> Iterator[Rows]:
    """Yield the rows of a file, or of the files in a .zip archive one after another.

    Args:
        path: the file; a member of an archive is addressed as if the archive were a folder.
        settings: columns, unit, encoding, and how tables are written.
        notes: one sentence is added for each finding that a user should know.

    Raises:
        DataError: if the file is empty, of an unsupported type, or malformed.
        UsageError: if a named column or encoding does not exist.
    """
    start = read_start(path)
    if not start:
        raise DataError(f"{path} is empty: expected texts")
    if start.startswith(ZIP):
        members = list_archive(path)
        if _WORKBOOK in members:
            return read_spreadsheet(path, settings, notes)
        return _read_archive(path, members, settings, notes)
    if start.startswith(_PARQUET):
        return read_parquet(path, settings, notes)
    read = FILE_READERS.get(file_type(path))
    if read is None:
        raise _unsupported(path)
    if read is read_delimited and start.removeprefix(_BYTE_ORDER_MARK).startswith((b'{"', b'[{"')):
        read = read_json
    return read(path, settings, notes)


def is_readable(path: Path) -> bool:
    """Tell by its name whether a file is of a supported type."""
    return file_type(path) in FILE_READERS


def is_document(path: Path) -> bool:
    """Tell by its name whether a file is plain text, which a folder holds one of for each text."""
    return FILE_READERS.get(file_type(path)) is read_lines


def file_type(path: Path) -> str:
    """Return the suffix that names what a file holds, in lower case: ``".csv"`` for ``a.CSV.gz``."""
    return Path(path.stem if path.suffix.lower() in _PACKED else path.name).suffix.lower()


def _read_archive(path: Path, members: list[str], settings: CorpusSettings, notes: list[str]) -> Iterator[Rows]:
    readable = [member for member in map(Path, members) if is_readable(member) and not _is_hidden(member)]
    if not readable and path.suffix.lower() != ".zip":
        raise _unsupported(path)  # many formats are archives within, .docx for one
    if not readable:
        raise DataError(f"{path} has no file of a supported type in it: expected {_supported()}")
    if left_out := len(members) - len(readable):
        notes.append(f"{path}: {left_out} of its {len(members)} files left out (hidden or of unsupported types)")
    for member in readable:
        yield from read_file(path / member, settings, notes)


def _is_hidden(member: Path) -> bool:
    return any(part.startswith((".", "__MACOSX")) for part in member.parts)


def _unsupported(path: Path) -> DataError:
    return DataError(
        f"unsupported file type {(file_type(path) or path.suffix)!r} of {path}; expected {_supported()}: convert it"
    )


def _supported() -> str:
    return f"{', '.join(FILE_READERS)} (each also {', '.join(_PACKED)})"
