"""Tables of strings, as CSV files and spreadsheets hold them: their header, and their rows as a corpus needs them."""

from collections.abc import Iterable, Iterator
from itertools import chain, islice
from statistics import median

from textssl.corpus.records import Rows, choose_columns, in_blocks
from textssl.corpus.settings import CorpusSettings
from textssl.errors import DataError

# Rows looked at to tell whether there is a header, and which columns hold texts.
_HEAD = 1_000
# Words that name a column wherever they are in a first row.
_NAMES = {"text", "texts", "sentence", "title", "headline", "comment", "review", "message", "content", "body"}
_NAMES |= {"description", "question", "document", "label", "class", "category", "id"}


def read_table(rows: Iterator[list[str]], settings: CorpusSettings, name: str, notes: list[str]) -> Iterator[Rows]:
    """Yield the rows of a table below its header.

    Args:
        rows: the fields of each row, at least as many as in the first one's.
        settings: the columns, and whether there is a header, as far as the user gave them.
        name: what to call the table in messages.
        notes: a sentence is added if it had to be decided whether the first row is a header.

    Raises:
        DataError: if that cannot be decided, or no column holds texts.
        UsageError: if a named column does not exist, or several hold texts and none is named.
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
    holds_text = {column: not are_numbers(values) for column, values in zip(names, columns, strict=True)}
    chosen = choose_columns(holds_text, settings, name)
    for block in in_blocks(chain(head, rows), lambda row: sum(map(len, row))):
        values = {column: [row[index] for row in block] for index, column in enumerate(names)}
        labels = values[chosen.label] if chosen.label else [None] * len(block)
        texts = values.pop(chosen.text)
        others = {column: pa.array(fields, pa.large_string()) for column, fields in values.items()}
        yield Rows(texts, labels, pa.RecordBatch.from_pydict(others) if others else None)


def are_numbers(fields: Iterable[str]) -> bool:
    """Tell whether all fields that are not blank are numbers, with a decimal point or comma, and there is one."""
    try:
        return bool([float(field.replace(",", ".")) for field in fields if field.strip()])
    except ValueError:
        return False


def _has_header(head: list[list[str]], settings: CorpusSettings, name: str, notes: list[str]) -> bool:
    """Tell whether the first row names the columns; add a note where only the look of the rows decides it."""
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
        notes.append(f"{name}: the first row names the columns ({', '.join(first)}); if not, --set corpus.header=no")
    elif signs == {False}:
        notes.append(
            f"{name}: no header, so its columns are {', '.join(_numbered(len(first)))}; "
            "if the first row names the columns, --set corpus.header=yes"
        )
    else:
        shown = ", ".join(first)[:80]
        raise DataError(
            f"cannot tell whether the first row of {name} names the columns ({shown}): --set corpus.header=yes or no"
        )
    return signs == {True}


def _sign(first: str, column: list[str]) -> bool | None:
    """Tell whether the first field of a column is its name: True or False where it is plain, else None."""
    values = [value.strip() for value in column if value.strip()]
    if not first or not values:
        return None
    if are_numbers([first]) or first in values:
        return False
    if are_numbers(values) or 2 * len(set(values)) <= len(values):
        return True  # it is no number, or none of a few classes, as all below it are
    # A name is one word, and shorter than texts are; a text is as long as texts are.
    words = len(first.split())
    typical = median(map(len, values))
    if words == 1 and 2 * len(first) <= typical:
        return True
    return False if words > 2 and 3 * len(first) >= 2 * typical else None


def _names(first: list[str], rows: list[list[str]], name: str) -> list[str]:
    """Return the names of the columns; columns at the end that are blank, name and all, are none."""
    width = len(first)
    while width > 1 and not any(row[width - 1].strip() for row in [first, *rows]):
        width -= 1
    names = [field.strip() or number for field, number in zip(first[:width], _numbered(width), strict=True)]
    if len(set(names)) < len(names):
        raise DataError(f"{name} names a column twice in its header ({', '.join(names)}): rename one")
    return names


def _numbered(width: int) -> list[str]:
    return [f"column_{index}" for index in range(1, width + 1)]
