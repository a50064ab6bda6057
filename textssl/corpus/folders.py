"""Folders of files: which of them are read, and a note that counts the others."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from textssl.corpus.file_readers import is_document, is_readable, read_file
from textssl.corpus.files import open_text
from textssl.corpus.records import Rows, refuse_columns
from textssl.corpus.settings import CorpusSettings
from textssl.errors import DataError


def files_below(folder: Path, settings: CorpusSettings, notes: list[str]) -> list[Path]:
    """Return the files to read below a folder, sorted by path; a note counts those left out.

    Left out are hidden files, empty files and unsupported types; if a column is named, also plain text, which has none.

    Raises:
        DataError: if no file is left.
        UsageError: if a column is named and there are only plain text files.
    """
    readable, left_out, unsupported = [], Counter[str](), Counter[str]()
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        if any(part.startswith(".") for part in path.relative_to(folder).parts):
            left_out["hidden"] += 1
        elif not is_readable(path):
            unsupported[path.suffix.lower() or path.name] += 1
        elif not path.stat().st_size:
            left_out["empty"] += 1
        else:
            readable.append(path)
    tables = [path for path in readable if not is_document(path)]
    if not tables:
        refuse_columns(settings, str(folder))
    elif settings.text_column or settings.label_column:
        left_out["without columns"] = len(readable) - len(tables)
        readable = tables
    if unsupported:
        left_out[f"of unsupported types ({', '.join(sorted(unsupported))})"] = unsupported.total()
    listed = ", ".join(f"{count} {why}" for why, count in left_out.items() if count)
    found = f"{folder}: {len(readable)} {'file' if len(readable) == 1 else 'files'} read"
    found += f"; left out: {listed}" if listed else ""
    if not readable:
        raise DataError(f"{found}: expected text files or tables")
    notes.append(found)
    return readable


def read_in_folder(path: Path, settings: CorpusSettings, notes: list[str]) -> Iterator[Rows]:
    """Yield the rows of a file: a plain text file is one row, unless the unit is smaller than a row."""
    if is_document(path) and settings.unit == "row":
        with open_text(path, settings.encoding, notes) as document:
            yield Rows([document.read()], [None])
    else:
        yield from read_file(path, settings, notes)
