"""Detection of a CSV file's dialect from its head: the separator, the quote, and how a quote is escaped."""

import csv
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from textssl.corpus.readers.tables import are_numbers
from textssl.corpus.settings import CorpusSettings
from textssl.errors import DataError

_SEPARATORS = [",", ";", "\t", "|"]
_NAMES = {"tab": "\t", "none": ""}
# Texts do not contain this character, so every line is one field.
ONE_COLUMN = "\x1f"
# With the right separator, at least this share of the rows has as many fields as the first.
_MIN_SHARE = 0.5
# A first line that declares the separator to Excel.
_DECLARED = re.compile(r"\s*sep=(.)\s*")


class Dialect(NamedTuple):
    """How the fields of a file are written; with an empty quote, quotes are part of the text."""

    separator: str
    quote: str
    backslash: bool = False  # escapes a quote within a field; otherwise the quote is doubled
    spaced: bool = False  # a space follows each separator

    def describe(self) -> str:
        """Return the dialect in words."""
        name = {"\t": "tab", ONE_COLUMN: "none"}.get(self.separator) or repr(self.separator)
        quote = repr(self.quote) if self.quote else "none"
        return f"separator {name}, quote {quote}" + (" after a backslash" if self.backslash else "")


class Line(NamedTuple):
    """One row of a file: its first line number, its raw lines, and its fields or what is wrong with it."""

    number: int
    raw: list[str]
    fields: list[str]
    error: str = ""

    def fits(self, width: int) -> bool:
        """Return whether there are as many fields as columns; extra separators at the end are allowed."""
        found = len(self.fields)
        return found == width > 0 or (found > width > 0 and not any(self.fields[width:]))


class Column(NamedTuple):
    """Properties of the fields that certainly belong to a column."""

    longest: int
    quoted: bool
    numbers: bool

    def may_hold(self, field: str, quote: str) -> bool:
        """Return whether a raw field looks like one of the column."""
        number = not self.numbers or are_numbers([field.strip(quote)])
        return len(field) <= 2 * self.longest + 10 and number and (field.startswith(quote) or not self.quoted)


def parse(lines: Iterable[str], dialect: Dialect) -> Iterator[Line]:
    """Yield the rows of a file; empty lines are skipped, as by every CSV reader."""
    raw: list[str] = []
    escaped = "".join(map(re.escape, ["\\", dialect.quote, dialect.separator]))
    backslash = re.compile(rf"\\([{escaped}])?")

    def recorded() -> Iterator[str]:
        for line in lines:
            raw.append(line)
            # Before any other character, as in C:\new, a backslash is part of the text.
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
    """Return the separator that a first line such as ``sep=;`` declares, or ``""``."""
    found = _DECLARED.fullmatch(head[0]) if head else None
    return found[1] if found else ""


def find_dialect(head: list[str], settings: CorpusSettings, name: str) -> Dialect:
    """Return the dialect of a file.

    Args:
        head: the first lines of the file.
        settings: the separator and the quote, each given or "auto".
        name: name of the file in messages.

    Raises:
        DataError: if several separators fit, or none fits but the file does not look like a single column.
    """
    separator = _NAMES.get(settings.separator, settings.separator)
    if separator == "auto":
        separator = _find_separator(head, settings.quote, name)
    dialect = _find_quote(head, separator, settings.quote)
    first = next(parse(head, dialect), None)
    names = first.fields[1:] if first else []
    return dialect._replace(spaced=bool(names) and all(field.startswith(" ") for field in names))


def describe_columns(head: list[str], dialect: Dialect) -> list[Column]:
    """Return the properties of the columns, from the single-line rows of the head below the first."""
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


def is_merged(line: Line, columns: list[Column], dialect: Dialect) -> bool:
    """Return whether a quoted field seems to contain complete rows: each of its lines has the fields of a row.

    A separator before a space or a line break counts as punctuation, which is common in texts of several lines.
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
    best = [separator for separator in _SEPARATORS if shares[separator] == max(shares.values()) >= _MIN_SHARE]
    if len(best) > 1:  # some of them may be punctuation
        best = [separator for separator in best if f"{separator} " not in "".join(head)]
        if len(best) != 1:
            raise DataError(f"cannot detect the separator of {name}: set it with --set corpus.separator=")
    if best:
        return best[0]
    for separator in _SEPARATORS:
        table = _table(head, _find_quote(head, separator, quote))
        widths = Counter(len(line.fields) for line in table[1:])
        if any(width > 1 and count > _MIN_SHARE * widths.total() for width, count in widths.items()):
            found = f"separator {separator!r} splits most lines of {name} into {widths.most_common(1)[0][0]} fields"
            raise DataError(
                f"{found}, but the first into {len(table[0].fields)}: correct the header, delete the lines above it, "
                "or --set corpus.separator= ('tab' if there is only one column)"
            )
    return ONE_COLUMN


def _find_quote(head: list[str], separator: str, given: str) -> Dialect:
    candidates = _candidates(head, separator, given)
    # In a file with tabs, a quote is part of the text unless it clearly encloses fields.
    best, *others = candidates if given != "auto" or separator == "\t" else candidates[1:]
    for dialect in others:
        share, least = _share_that_fits(head, dialect), _share_that_fits(head, best)
        if (share > least and _is_needed(head, dialect)) or (share == least and _encloses(head, dialect)):
            best = dialect
    return best


def _candidates(head: list[str], separator: str, quote: str) -> list[Dialect]:
    """Return the possible dialects; if the quote is not given, the one without quotes comes first."""
    text = "".join(head)
    quotes = ["", '"', "'"] if quote == "auto" else [_NAMES.get(quote, quote)]
    found = [Dialect(separator, quote) for quote in quotes]
    escaped = [dialect._replace(backslash=True) for dialect in found if dialect.quote and f"\\{dialect.quote}" in text]
    return found + escaped


def _table(head: list[str], dialect: Dialect) -> list[Line]:
    """Return the rows of the head, without a last one that is cut off within quotes."""
    table = list(parse(head, dialect))
    return table[:-1] if table and table[-1].error and table[-1].number + len(table[-1].raw) > len(head) else table


def _share_of_columns(table: list[Line]) -> float:
    """Return the share of rows with as many fields as the first; 0 if the first has fewer than two."""
    width = len(table[0].fields)
    return sum(line.fits(width) for line in table) / len(table) if width > 1 else 0


def _share_that_fits(head: list[str], dialect: Dialect) -> float:
    """Return the share of rows with as many fields as the first and no field that contains complete rows."""
    table = _table(head, dialect)
    columns = describe_columns(head, dialect)
    fitting = [line.fits(len(columns)) and not is_merged(line, columns, dialect) for line in table]
    return sum(fitting) / max(1, len(table))


def _is_needed(head: list[str], dialect: Dialect) -> bool:
    """Return whether some row needs its quotes, because they enclose a separator, a line break or an escaped quote."""
    return dialect.backslash or any(
        len(line.raw) > 1 or line.raw[0].count(dialect.separator) != len(line.fields) - 1
        for line in _table(head, dialect)
        if line.fields
    )


def _encloses(head: list[str], dialect: Dialect) -> bool:
    """Return whether quotes enclose all fields of a column, or a field that contains doubled quotes."""
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
