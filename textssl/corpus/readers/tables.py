"""Tables of strings, from CSV files and spreadsheets: header detection and the columns of texts."""

from collections.abc import Iterable, Iterator
from itertools import chain, islice
from statistics import median

from textssl.corpus.records import Rows, choose_columns, in_blocks
from textssl.corpus.settings import CorpusSettings
from textssl.errors import DataError

# Rows inspected to decide whether there is a header, and which columns contain texts.
_HEAD = 1_000
# A first row that contains one of these words is a header.
_NAMES = {"text", "texts", "sentence", "title", "headline", "comment", "review", "message", "content", "body"}
_NAMES |= {"description", "question", "document", "label", "class", "category", "id"}


def read_table(rows: Iterator[list[str]], settings: CorpusSettings, name: str, notes: list[str]) -> Iterator[Rows]:
    """Yield the rows of a table below its header.

    Args:
        rows: the fields of each row, at least as many as in the first row.
        settings: the columns, and whether there is a header.
        name: name of the table in messages.
        notes: a sentence is added if the header was detected from the look of the rows.

    Raises:
        DataError: if the header cannot be detected, or no column contains texts.
        UsageError: if a named column does not exist, or several contain texts and none is named.
    """
    import pyarrow as pa

    head = list(islice(rows, _HEAD))
    if not head:
        return
    if _has_header(head, settings, name, notes):
        names = _names(head.pop(0), head, name)
    else:
        names = _numbered(len(head[0]))
        name = f"{name} (without a header)"
    columns = [[row[index] for row in head] for index in range(len(names))]
    has_text = {column: not are_numbers(values) for column, values in zip(names, columns, strict=True)}
    chosen = choose_columns(has_text, settings, name)
    for block in in_blocks(chain(head, rows), lambda row: sum(map(len, row))):
        values = {column: [row[index] for row in block] for index, column in enumerate(names)}
        labels = values[chosen.label] if chosen.label else [None] * len(block)
        texts = values.pop(chosen.text)
        others = {column: pa.array(fields, pa.large_string()) for column, fields in values.items()}
        yield Rows(texts, labels, pa.RecordBatch.from_pydict(others) if others else None)


def are_numbers(fields: Iterable[str]) -> bool:
    """Return whether all non-blank fields are numbers, with a decimal point or comma, and there is at least one."""
    try:
        return bool([float(field.replace(",", ".")) for field in fields if field.strip()])
    except ValueError:
        return False


def _has_header(head: list[list[str]], settings: CorpusSettings, name: str, notes: list[str]) -> bool:
    """Return whether the first row is a header; add a note if only the look of the rows decides."""
    first = [field.strip() for field in head[0]]
    named = {settings.text_column, settings.label_column} - {""}
    if settings.header != "auto":
        return settings.header == "yes"
    if named & set(first) or _NAMES.intersection(map(str.casefold, first)):
        return True
    if named and named <= set(_numbered(len(first))):
        return False
    signs = {_sign(field, [row[index] for row in head[1:]]) for index, field in enumerate(first)} - {None}
    if signs == {True}:
        notes.append(f"{name}: the first row is the header ({', '.join(first)}); if it is not, --set corpus.header=no")
    elif signs == {False}:
        notes.append(
            f"{name}: no header, so the columns are called {', '.join(_numbered(len(first)))}; "
            "if the first row is a header, --set corpus.header=yes"
        )
    else:
        shown = ", ".join(first)[:80]
        raise DataError(
            f"cannot decide whether the first row of {name} is a header ({shown}): --set corpus.header=yes or no"
        )
    return signs == {True}


def _sign(first: str, column: list[str]) -> bool | None:
    """Return whether the first field of a column is its name; None if that is unclear."""
    values = [value.strip() for value in column if value.strip()]
    if not first or not values:
        return None
    if are_numbers([first]) or first in values:
        return False
    if are_numbers(values) or 2 * len(set(values)) <= len(values):
        return True  # below are only numbers or a few classes, and it is neither
    # A name is one word and shorter than a typical text; a text has about the typical length.
    words = len(first.split())
    typical = median(map(len, values))
    if words == 1 and 2 * len(first) <= typical:
        return True
    return False if words > 2 and 3 * len(first) >= 2 * typical else None


def _names(first: list[str], rows: list[list[str]], name: str) -> list[str]:
    """Return the names of the columns, without trailing columns that are blank including their name."""
    width = len(first)
    while width > 1 and not any(row[width - 1].strip() for row in [first, *rows]):
        width -= 1
    names = [field.strip() or number for field, number in zip(first[:width], _numbered(width), strict=True)]
    if len(set(names)) < len(names):
        raise DataError(f"{name} has the same column name twice ({', '.join(names)}): rename one")
    return names


def _numbered(width: int) -> list[str]:
    return [f"column_{index}" for index in range(1, width + 1)]
