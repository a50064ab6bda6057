"""Folders of files: which of them are read, and what is said about the others."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from textssl.corpus.file_readers import is_document, is_readable, read_file
from textssl.corpus.files import open_text
from textssl.corpus.records import Rows, refuse_columns
from textssl.corpus.settings import CorpusSettings
from textssl.errors import DataError


def files_below(folder: Path, settings: CorpusSettings, notes: list[str]) -> list[Path]:
    """Return the files below a folder that are to be read, in the order of their paths; a note counts the others.

    Hidden files, empty ones and those of unsupported types are left out; so are documents where a column is named.

    Raises:
        DataError: if there is none.
        UsageError: if a column is named, and all of them are documents.
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
    """Yield the rows of a file of a folder: a document is one row, unless a smaller unit is asked for."""
    if is_document(path) and settings.unit == "row":
        with open_text(path, settings.encoding) as document:
            yield Rows([document.read()], [None])
    else:
        yield from read_file(path, settings, notes)
