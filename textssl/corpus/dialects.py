"""How a CSV file is written, found out from its head: the separator, the quote, and how a quote is escaped."""

import csv
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from textssl.corpus.settings import CorpusSettings
from textssl.corpus.tables import are_numbers
from textssl.errors import DataError

_SEPARATORS = [",", ";", "\t", "|"]
_NAMES = {"tab": "\t", "none": ""}
# No text has it, so every line is one field.
ONE_COLUMN = "\x1f"
# A separator must give more rows than this as many fields as the first row has.
_MOST = 0.5
# The first line of a CSV file that says its separator to Excel.
_DECLARED = re.compile(r"\s*sep=(.)\s*")


class Dialect(NamedTuple):
    """How the fields of a file are written; an empty quote encloses none, and is then part of the text."""

    separator: str
    quote: str
    backslash: bool = False  # before a quote within a field, which is doubled otherwise
    spaced: bool = False  # a space follows each separator

    def describe(self) -> str:
        """Return the dialect in words."""
        name = {"\t": "tab", ONE_COLUMN: "none"}.get(self.separator) or repr(self.separator)
        quote = repr(self.quote) if self.quote else "none"
        return f"separator {name}, quote {quote}" + (" after a backslash" if self.backslash else "")


class Line(NamedTuple):
    """One row of a file: where it begins, how it was written, and its fields, or what is wrong with it."""

    number: int
    raw: list[str]
    fields: list[str]
    error: str = ""

    def fits(self, width: int) -> bool:
        """Tell whether there are as many fields as columns; a separator too many at the end does no harm."""
        found = len(self.fields)
        return found == width > 0 or (found > width > 0 and not any(self.fields[width:]))


class Column(NamedTuple):
    """What the fields of a column look like that are known to be its own."""

    longest: int
    quoted: bool
    numbers: bool

    def may_hold(self, field: str, quote: str) -> bool:
        """Tell whether a field as it was written looks like one of the column."""
        number = not self.numbers or are_numbers([field.strip(quote)])
        return len(field) <= 2 * self.longest + 10 and number and (field.startswith(quote) or not self.quoted)


def parse(lines: Iterable[str], dialect: Dialect) -> Iterator[Line]:
    """Yield the rows of a file; a line with nothing on it is no row, as for every CSV reader."""
    raw: list[str] = []
    escaped = "".join(map(re.escape, ["\\", dialect.quote, dialect.separator]))
    backslash = re.compile(rf"\\([{escaped}])?")

    def recorded() -> Iterator[str]:
        for line in lines:
            raw.append(line)
            # Before anything else, as in C:\new, a backslash is part of the text.
            yield backslash.sub(lambda found: found[0] if found[1] else r"\\", line) if dialect.backslash else line

    reader = csv.reader(
        recorded(),
        delimiter=dialect.separator,
        quotechar=dialect.quote or None,
        quoting=csv.QUOTE_MINIMAL if dialect.quote else csv.QUOTE_NONE,
        escapechar="\\" if dialect.backslash else None,
        skipinitialspace=dialect.spaced,
        strict=True,
    )
    number = 1
    while True:
        try:
            fields, error = next(reader), ""
        except StopIteration:
            return
        except csv.Error as trouble:
            closed = "expected after" in str(trouble)
            fields, error = [], "text follows a closing quote" if closed else "a quote is never closed"
        if fields or error:
            yield Line(number, raw.copy(), fields, error)
        number += len(raw)
        raw.clear()


def declared_separator(head: list[str]) -> str:
    """Return the separator that a first line such as ``sep=;`` declares, else ``""``."""
    found = _DECLARED.fullmatch(head[0]) if head else None
    return found[1] if found else ""


def find_dialect(head: list[str], settings: CorpusSettings, name: str) -> Dialect:
    """Return the dialect of a file.

    Args:
        head: the first lines of the file.
        settings: the separator and the quote, as far as the user gave them.
        name: what to call the file in messages.

    Raises:
        DataError: if several separators fit, or none does and yet the file does not look like one column.
    """
    separator = _NAMES.get(settings.separator, settings.separator)
    if separator == "auto":
        separator = _find_separator(head, settings.quote, name)
    dialect = _find_quote(head, separator, settings.quote)
    first = next(parse(head, dialect), None)
    names = first.fields[1:] if first else []
    return dialect._replace(spaced=bool(names) and all(field.startswith(" ") for field in names))


def describe_columns(head: list[str], dialect: Dialect) -> list[Column]:
    """Return what the columns look like in the rows of the head, below the first, that are one line each."""
    table = _table(head, dialect)
    width = len(table[0].fields) if table else 0
    rows = [line.fields for line in table[1:] if line.fits(width) and len(line.raw) == 1]
    written = [line.raw[0].rstrip("\r\n").split(dialect.separator) for line in table[1:] if len(line.raw) == 1]
    written = [fields for fields in written if len(fields) == width] if dialect.quote else []
    columns = []
    for index in range(width):
        fields = [row[index] for row in rows]
        quoted = bool(written) and all(row[index].startswith(dialect.quote) for row in written)
        columns.append(Column(max(map(len, fields), default=1 << 30), quoted, are_numbers(fields)))
    return columns


def is_glued(line: Line, columns: list[Column], dialect: Dialect) -> bool:
    """Tell whether a quoted field seems to hold whole rows: each of its lines has fields that look like a row's.

    A separator before a space or a line end is taken for punctuation, of which texts of several lines are full.
    """
    if len(columns) < 2 or len(line.raw) < 2:
        return False
    separator = re.compile(re.escape(dialect.separator) + ("" if dialect.separator == "\t" else r"(?=\S)"))
    rows = [separator.split(raw.rstrip("\r\n")) for raw in line.raw]
    return all(
        len(row) == len(columns)
        and all(column.may_hold(field, dialect.quote) for field, column in zip(row, columns, strict=True))
        for row in rows
    )


def _find_separator(head: list[str], quote: str, name: str) -> str:
    tables = {
        separator: [table for dialect in _candidates(head, separator, quote) if (table := _table(head, dialect))]
        for separator in _SEPARATORS
    }
    shares = {separator: max(map(_share_of_columns, tables[separator]), default=0) for separator in _SEPARATORS}
    best = [separator for separator in _SEPARATORS if shares[separator] == max(shares.values()) >= _MOST]
    if len(best) > 1:  # one of them may be punctuation
        best = [separator for separator in best if f"{separator} " not in "".join(head)]
        if len(best) != 1:
            raise DataError(f"cannot tell what separates the columns of {name}: set it with --set corpus.separator=")
    if best:
        return best[0]
    for separator in _SEPARATORS:
        table = _table(head, _find_quote(head, separator, quote))
        widths = Counter(len(line.fields) for line in table[1:])
        if any(width > 1 and count > _MOST * widths.total() for width, count in widths.items()):
            found = f"separator {separator!r} gives most lines of {name} {widths.most_common(1)[0][0]} fields"
            raise DataError(
                f"{found}, but the first {len(table[0].fields)}: correct the header, delete what is above it, or "
                "set --set corpus.separator= ('tab' if there is only one column)"
            )
    return ONE_COLUMN


def _find_quote(head: list[str], separator: str, given: str) -> Dialect:
    candidates = _candidates(head, separator, given)
    # Between tabs a quote is a character, unless something shows that it encloses fields.
    best, *others = candidates if given != "auto" or separator == "\t" else candidates[1:]
    for dialect in others:
        share, least = _share_that_fits(head, dialect), _share_that_fits(head, best)
        if (share > least and _is_needed(head, dialect)) or (share == least and _encloses(head, dialect)):
            best = dialect
    return best


def _candidates(head: list[str], separator: str, quote: str) -> list[Dialect]:
    """Return the dialects that come into question: where the quote is not given, first the one without quotes."""
    text = "".join(head)
    quotes = ["", '"', "'"] if quote == "auto" else [_NAMES.get(quote, quote)]
    found = [Dialect(separator, quote) for quote in quotes]
    escaped = [dialect._replace(backslash=True) for dialect in found if dialect.quote and f"\\{dialect.quote}" in text]
    return found + escaped


def _table(head: list[str], dialect: Dialect) -> list[Line]:
    """Return the rows of the head without a last one that is cut off within quotes."""
    table = list(parse(head, dialect))
    return table[:-1] if table and table[-1].error and table[-1].number + len(table[-1].raw) > len(head) else table


def _share_of_columns(table: list[Line]) -> float:
    """Return the share of rows with as many fields as the first, where these are at least two."""
    width = len(table[0].fields)
    return sum(line.fits(width) for line in table) / len(table) if width > 1 else 0


def _share_that_fits(head: list[str], dialect: Dialect) -> float:
    """Return the share of rows with as many fields as the first, none of which holds whole rows."""
    table = _table(head, dialect)
    columns = describe_columns(head, dialect)
    fitting = [line.fits(len(columns)) and not is_glued(line, columns, dialect) for line in table]
    return sum(fitting) / max(1, len(table))


def _is_needed(head: list[str], dialect: Dialect) -> bool:
    """Tell whether some row is whole only if its quotes enclose a separator, a line end or an escaped quote."""
    return dialect.backslash or any(
        len(line.raw) > 1 or line.raw[0].count(dialect.separator) != len(line.fields) - 1
        for line in _table(head, dialect)
        if line.fields
    )


def _encloses(head: list[str], dialect: Dialect) -> bool:
    """Tell whether quotes enclose all fields of a column, or a field in which they are doubled."""
    written = ["".join(line.raw).strip() for line in _table(head, dialect)[1:]]
    ends = (str.startswith, str.endswith)
    if written and any(all(at(row, dialect.quote) for row in written) for at in ends):
        return True
    quote = re.escape(dialect.quote)
    rows = [line.fields for line in _table(head, dialect._replace(quote="", backslash=False))[1:]]
    doubled = re.compile(f"{quote}[^{quote}]*({quote}{quote}[^{quote}]*)+{quote}")
    if any(doubled.fullmatch(field) for row in rows for field in row):
        return True
    enclosed = re.compile(f"{quote}[^{quote}]*{quote}")
    columns = [list(filter(None, column)) for column in zip(*rows, strict=False)]
    return any(column and all(map(enclosed.fullmatch, column)) for column in columns)
