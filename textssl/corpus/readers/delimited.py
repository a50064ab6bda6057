"""Reader of CSV and TSV files; their dialect is detected."""

import csv
from collections.abc import Iterator
from dataclasses import replace
from itertools import chain
from pathlib import Path

from textssl.corpus.files import open_text
from textssl.corpus.readers.dialects import (
    ONE_COLUMN,
    Column,
    Dialect,
    Line,
    declared_separator,
    describe_columns,
    find_dialect,
    is_merged,
    parse,
)
from textssl.corpus.readers.tables import read_table
from textssl.corpus.records import BrokenLines, Rows
from textssl.corpus.settings import CorpusSettings
from textssl.errors import DataError

# These dialects need no note.
_USUAL = (Dialect(",", '"'), Dialect(",", '"', spaced=True), Dialect("\t", ""), Dialect(ONE_COLUMN, '"'))
# Characters inspected to detect the dialect.
_HEAD = 1 << 18
# The longest field: after a quote that is never closed, the rest of the file must not fill the memory.
_LONGEST = 1 << 28


def read_delimited(path: Path, settings: CorpusSettings, notes: list[str]) -> Iterator[Rows]:
    """Yield the rows of a CSV file; separator, quotes and header are detected from its head unless set."""
    csv.field_size_limit(_LONGEST)
    with open_text(path, settings.encoding, notes, newline="") as stream:
        head = stream.readlines(_HEAD)
        if declared := declared_separator(head):
            head[0] = "\n"
            settings = replace(settings, separator=declared) if settings.separator == "auto" else settings
        dialect = find_dialect(head, settings, str(path))
        columns = describe_columns(head, dialect)
        if dialect not in _USUAL:
            notes.append(f"{path}: {dialect.describe()}, {len(columns)} columns")
        broken = BrokenLines(str(path), settings, notes)
        checked = columns if settings.quote == "auto" else []
        rows = _whole_rows(parse(chain(head, stream), dialect), dialect, checked, broken)
        yield from read_table(rows, settings, str(path), notes)
    broken.note()


def _whole_rows(
    lines: Iterator[Line], dialect: Dialect, columns: list[Column], broken: BrokenLines
) -> Iterator[list[str]]:
    """Yield the fields of each row that has as many as the first; raise DataError for rows merged by a quote."""
    width = 0
    for line in lines:
        width = width or len(line.fields)
        if is_merged(line, columns, dialect):
            last = line.number + len(line.raw) - 1
            raise DataError(
                f"line {line.number} of {broken.name} starts a quoted field that contains complete rows, up to line "
                f"{last}: if the quote is part of the text, --set corpus.quote=none; if the field is correct, "
                f"--set corpus.quote={dialect.quote!r}"
            )
        if line.fits(width):
            yield line.fields
        else:
            broken.add(_error(line, width, broken.name))


def _error(line: Line, width: int, name: str) -> DataError:
    where = f"line {line.number} of {name}"
    if line.error:
        remedy = "double the quotes in a field, or --set corpus.quote=none if they are part of the text"
        return DataError(f"{where} is malformed ({line.error}): {remedy}")
    found = f"{where} has {len(line.fields)} fields, the first row has {width}"
    return DataError(f"{found}: put fields that contain the separator or a line break in double quotes")
