"""Readers of tables in files: CSV, TSV, JSON lines, JSON and Parquet."""

import csv
import json
import sys
from collections.abc import Iterator
from functools import partial
from itertools import chain, islice
from pathlib import Path
from typing import Any, TextIO

from textssl.corpus.arrow_readers import read_batches
from textssl.corpus.files import open_seekable, open_text
from textssl.corpus.records import Columns, Record, choose_columns, not_text, refuse_columns
from textssl.corpus.settings import CorpusSettings
from textssl.errors import DataError

# Records looked at to tell which columns hold texts, in formats that do not say so.
_HEAD = 100


def read_delimited(path: Path, settings: CorpusSettings, delimiter: str) -> Iterator[Record]:
    """Yield the rows of a CSV file with a header; a line with nothing on it is no row, as for every CSV reader."""
    csv.field_size_limit(sys.maxsize)
    with open_text(path, settings.encoding, newline="") as stream:
        rows = _rows(stream, path, delimiter)
        header = next(rows, None)
        if header is None:
            return
        head = list(islice(rows, _HEAD))
        columns = choose_columns(_text_columns(header, head, path), settings, str(path))
        text = header.index(columns.text)
        label = header.index(columns.label) if columns.label else None
        for row in chain(head, rows):
            yield Record(row[text], None if label is None else row[label])


read_csv = partial(read_delimited, delimiter=",")
read_tsv = partial(read_delimited, delimiter="\t")


def read_json_lines(path: Path, settings: CorpusSettings) -> Iterator[Record]:
    """Yield the objects or strings of a file with one JSON value a line."""
    with open_text(path, settings.encoding) as stream:
        lines = ((f"{path}, line {number}", line) for number, line in enumerate(stream, 1) if not line.isspace())
        yield from _json_records(((where, _parsed(line, where)) for where, line in lines), settings, path)


def read_json(path: Path, settings: CorpusSettings) -> Iterator[Record]:
    """Yield the objects or strings of a JSON array, which is read whole."""
    with open_text(path, settings.encoding) as stream:
        values = _parsed(stream.read(), str(path))
    if not isinstance(values, list):
        raise DataError(f"{path} holds a JSON {type(values).__name__}, expected an array of objects or strings")
    numbered = ((f"{path}, item {index}", value) for index, value in enumerate(values))
    yield from _json_records(numbered, settings, path)


def read_parquet(path: Path, settings: CorpusSettings) -> Iterator[Record]:
    """Yield the rows of a Parquet file, a batch in memory at a time."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    with open_seekable(path) as stream:
        try:
            file = pq.ParquetFile(stream)
            yield from read_batches(
                file.schema_arrow, lambda names: file.iter_batches(columns=names), settings, str(path)
            )
        except (pa.ArrowException, OSError) as error:
            raise DataError(f"{path} is not a whole Parquet file: {str(error).splitlines()[0]}") from None


def _rows(stream: TextIO, path: Path, delimiter: str) -> Iterator[list[str]]:
    """Yield the rows of a CSV, all as long as the first; raise DataError for one that is not."""
    reader = csv.reader(stream, delimiter=delimiter, strict=True)
    width = None
    try:
        for row in filter(None, reader):
            width = width or len(row)
            if len(row) != width:
                found = f"line {reader.line_num} of {path} has {len(row)} fields, the header has {width}"
                raise DataError(f"{found}: put fields that hold the separator or a line end in double quotes")
            yield row
    except csv.Error as error:
        raise DataError(
            f"line {reader.line_num} of {path} is malformed ({error}): double the quotes in a field"
        ) from None


def _text_columns(header: list[str], rows: list[list[str]], path: Path) -> dict[str, bool]:
    if len(set(header)) < len(header):
        raise DataError(f"{path} names a column twice in its header ({', '.join(header)}): rename one")
    columns = zip(*rows, strict=True) if rows else [()] * len(header)
    return {
        name: not _are_numbers(list(filter(str.strip, values))) for name, values in zip(header, columns, strict=True)
    }


def _are_numbers(fields: list[str]) -> bool:
    try:
        return bool([float(field) for field in fields])
    except ValueError:
        return False


def _parsed(text: str, where: str) -> Any:
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise DataError(f"{where} is not JSON: {error}") from None
    except (ValueError, RecursionError) as error:
        raise DataError(f"{where} is not JSON that can be read: {error}") from None


def _json_records(values: Iterator[tuple[str, Any]], settings: CorpusSettings, path: Path) -> Iterator[Record]:
    head = list(islice(values, _HEAD))
    objects = [value for _, value in head if isinstance(value, dict)]
    if objects:
        columns = _json_columns(objects, settings, path)
    else:
        columns = None
        refuse_columns(settings, str(path))
    for where, value in chain(head, values):
        if columns is None:
            if not isinstance(value, str):
                raise not_text(value, where)
            yield Record(value)
        elif not isinstance(value, dict):
            raise DataError(f"{where} is of type {type(value).__name__}, expected an object as before it")
        elif columns.text not in value:
            raise DataError(f"{where} has no {columns.text!r}: write null where there is no text")
        else:
            yield Record(value[columns.text], value.get(columns.label))


def _json_columns(objects: list[dict[str, Any]], settings: CorpusSettings, path: Path) -> Columns:
    holds_text = dict.fromkeys(chain.from_iterable(objects), False)
    for value in objects:
        holds_text.update({key: True for key, field in value.items() if isinstance(field, str)})
    return choose_columns(holds_text, settings, str(path))
