"""Reader of JSON: one value per line, or one document that contains all rows."""

import json
import re
from collections.abc import Iterator
from itertools import chain, islice
from pathlib import Path
from typing import Any, TypeAlias

from textssl.corpus.files import open_text
from textssl.corpus.records import BrokenLines, Columns, Rows, choose_columns, in_blocks, not_text, refuse_columns
from textssl.corpus.settings import CorpusSettings
from textssl.errors import DataError

# Values inspected to find the columns of texts.
_HEAD = 100
_SPACE = re.compile(r"\s*")
_MISSING = object()
_decoder = json.JSONDecoder(strict=False)  # allows control characters within a text
# Where a value is in the file, and the value.
_Located: TypeAlias = tuple[str, Any]


def read_json(path: Path, settings: CorpusSettings, notes: list[str]) -> Iterator[Rows]:
    """Yield the objects or strings of a JSON file.

    Either every line is one, or the file is a document, which is read completely: an array, a pandas data frame
    (``to_json`` with any `orient`), or an object that contains an array of objects.
    """
    broken = BrokenLines(str(path), settings, notes)
    with open_text(path, settings.encoding, notes) as stream:
        lines = ((number, line) for number, line in enumerate(stream, 1) if not line.isspace())
        first = list(islice(lines, 2))
        if first and _is_document([line for _, line in first]):
            text = "".join(chain((line for _, line in first), stream))
            values = _document(text, settings, str(path), notes)
        else:
            values = _lines(chain(first, lines), broken)
        yield from _read_values(values, settings, str(path), broken)
    broken.note()


def _is_document(lines: list[str]) -> bool:
    """Return, from the first two lines, whether a file is one value: it spans several lines, or is the only line."""
    try:
        value = _decoder.decode(lines[0])
    except json.JSONDecodeError as error:
        return error.pos >= len(lines[0].rstrip())
    except (ValueError, RecursionError):
        return False
    return len(lines) == 1 and isinstance(value, list | dict)


def _lines(lines: Iterator[tuple[int, str]], broken: BrokenLines) -> Iterator[_Located]:
    for number, line in lines:
        where = f"line {number} of {broken.name}"
        try:
            value = _decoder.decode(line)
        except json.JSONDecodeError as error:
            broken.add(DataError(f"{where} is not JSON ({error.msg}, character {error.colno})"))
        except (ValueError, RecursionError) as error:
            broken.add(DataError(f"{where} cannot be parsed as JSON ({error})"))
        else:
            yield where, value


def _document(text: str, settings: CorpusSettings, name: str, notes: list[str]) -> Iterator[_Located]:
    """Yield the rows of a document; if it is a sequence of values, these are the rows."""
    values = []
    position = 0
    try:
        while (position := _SPACE.match(text, position).end()) < len(text):  # type: ignore[union-attr]
            value, position = _decoder.raw_decode(text, position)
            values.append(value)
    except (ValueError, RecursionError) as error:
        raise DataError(f"{name} is not JSON: {error}") from None
    if len(values) == 1:
        try:
            values = _rows_of(values[0], settings, name, notes)
        except ValueError as error:
            raise DataError(f"{name} has rows or columns of different lengths ({error}): export it again") from None
    return ((f"item {index} of {name}", value) for index, value in enumerate(values))


def _rows_of(value: Any, settings: CorpusSettings, name: str, notes: list[str]) -> list[Any]:
    """Return the rows of a document of one value."""
    if isinstance(value, list):
        return value
    text = settings.text_column or "text"
    if isinstance(_field(value, text), str):
        return [value]
    columns, data = value.get("columns"), value.get("data")
    if isinstance(columns, list) and _is_array_of(list, data):
        return [dict(zip(columns, row, strict=True)) for row in data]
    fields = list(value.values())
    if fields and all(isinstance(field, dict) for field in fields):
        return _frame(value, text, name)
    if text in value and all(isinstance(field, list) for field in fields):
        return [dict(zip(value, row, strict=True)) for row in zip(*fields, strict=True)]
    # An array of strings next to a string may be the tags of one text.
    for kind in (dict, str):
        arrays = [key for key, field in value.items() if _is_array_of(kind, field)]
        if len(arrays) == 1:
            notes.append(f"{name}: reading the rows under {arrays[0]!r}")
            return value[arrays[0]]
        if any(isinstance(field, str) for field in fields):
            return [value]
    raise DataError(
        f"{name} is one object ({', '.join(value)[:80]}), expected an array, one object per line, or an object with "
        "one array of objects"
    )


def _is_array_of(kind: type, value: Any) -> bool:
    return isinstance(value, list) and value != [] and all(isinstance(item, kind) for item in value)


def _frame(value: dict[str, dict[str, Any]], text: str, name: str) -> list[Any]:
    """Return the rows of a pandas data frame that was written by columns or by rows."""
    inner = next(iter(value.values()))
    if text in value or (text not in inner and all(map(str.isdecimal, inner)) and not any(map(str.isdecimal, value))):
        rows = dict.fromkeys(chain.from_iterable(value.values()))
        return [{column: fields.get(row) for column, fields in value.items()} for row in rows]
    if text in inner or all(map(str.isdecimal, value)):
        return list(value.values())
    raise DataError(f"cannot tell rows from columns in {name}: name the text column with --set corpus.text_column=")


def _read_values(
    values: Iterator[_Located], settings: CorpusSettings, name: str, broken: BrokenLines
) -> Iterator[Rows]:
    head = list(islice(values, _HEAD))
    values = chain(head, values)
    objects = [value for _, value in head if isinstance(value, dict)]
    if not objects:
        refuse_columns(settings, name)
        for block in in_blocks(_strings(values, broken), len):
            yield Rows(block, [None] * len(block))
        return
    columns = choose_columns(_columns_of_text(objects, settings), settings, name)
    for records in in_blocks(_records(values, columns, broken), lambda record: len(str(_field(record, columns.text)))):
        yield _rows(records, columns)


def _strings(values: Iterator[_Located], broken: BrokenLines) -> Iterator[str]:
    for where, value in values:
        if isinstance(value, str):
            yield value
        else:
            broken.add(not_text(value, where))


def _records(values: Iterator[_Located], columns: Columns, broken: BrokenLines) -> Iterator[dict[str, Any]]:
    """Yield the objects that have the text column."""
    for where, value in values:
        if not isinstance(value, dict):
            broken.add(DataError(f"{where} is of type {type(value).__name__}, expected an object as before"))
        elif _field(value, columns.text, _MISSING) is _MISSING:
            broken.add(DataError(f"{where} has no {columns.text!r}: write null for a missing text"))
        else:
            yield value


def _rows(records: list[dict[str, Any]], columns: Columns) -> Rows:
    import pyarrow as pa

    from textssl.corpus.columns import as_column

    texts = [_field(record, columns.text) for record in records]
    labels = [_field(record, columns.label) if columns.label else None for record in records]
    names = dict.fromkeys(chain.from_iterable(records))
    others = {name: as_column([record.get(name) for record in records]) for name in names if name != columns.text}
    if columns.label and columns.label not in names:  # a nested field
        others[columns.label] = as_column(labels)
    return Rows(texts, labels, pa.RecordBatch.from_pydict(others) if others else None)


def _field(record: dict[str, Any], path: str, missing: Any = None) -> Any:
    """Return the value at a dotted path, `missing` if there is none; a path through null gives null."""
    if path in record:
        return record[path]
    key, _, rest = path.partition(".")
    inner = record.get(key, missing) if rest else missing
    return _field(inner, rest, missing) if isinstance(inner, dict) else None if inner is None else missing


def _columns_of_text(objects: list[dict[str, Any]], settings: CorpusSettings) -> dict[str, bool]:
    """Return, for the path of every column and nested field, whether it contains texts."""
    named = (settings.text_column, "text")
    has_text: dict[str, bool] = {}
    for path, value in chain.from_iterable(map(_paths, objects)):
        text = isinstance(value, str) or (path in named and _is_array_of(str, value))
        has_text[path] = has_text.get(path, False) or text
    return has_text


def _paths(record: dict[str, Any], above: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in record.items():
        yield f"{above}{key}", value
        if isinstance(value, dict):
            yield from _paths(value, f"{above}{key}.")
