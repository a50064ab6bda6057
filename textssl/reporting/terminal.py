"""The report as text for a terminal."""

import unicodedata
from collections.abc import Sequence
from itertools import accumulate, takewhile, zip_longest
from typing import assert_never

from textssl.reporting.report import Content, Facts, Figure, Report, Section, Table, TextGroups, format_value

# Maximum width of a table's heading; longer ones are wrapped.
_HEADING = 24
# The end of a text stays visible in a terminal, so the groups come last.
_ORDER: tuple[type[Content], ...] = (Facts, Table, Figure, TextGroups)


def format_terminal(report: Report, width: int = 80) -> str:
    """Return the report as text of at most `width` columns.

    Notes are wrapped; other lines are cut.
    """
    notes = [line for note in report.notes for line in _wrapped(note, width)]
    sections = sorted(report.sections.values(), key=lambda section: _ORDER.index(type(section.content)))
    blocks = [[report.title, report.summary], notes, *map(format_section, sections)]
    lines = [_cut(line, width) for block in blocks if block for line in [*block, ""]]
    return "\n".join(lines[:-1]) + "\n"


def format_section(section: Section) -> list[str]:
    """Return the lines of a section, its heading first; none if it has nothing to show."""
    lines = _content(section.content)
    heading = section.title if section.terminal_title is None else section.terminal_title
    return [heading, *lines] if heading and lines else lines


def _content(content: Content) -> list[str]:
    match content:
        case Facts():
            return _aligned([(name, format_value(value)) for name, value in content.items])
        case Table():
            return _table(content)
        case Figure():
            return [f"{len(content.texts):,} texts on a map: see the page"]
        case TextGroups():
            return _groups(content)
    assert_never(content)


def _table(table: Table) -> list[str]:
    """Return the lines of a table; names of rows need no heading, nor do values that stand alone beside them."""
    rows = [[format_value(value) for value in row] for row in table.rows]
    if not rows:
        return []
    named = [column.kind == "name" for column in table.columns]
    headings = [
        [""] if is_name else _wrapped(column.name, _HEADING)
        for column, is_name in zip(table.columns, named, strict=True)
    ]
    head = [] if named == [True, False] else list(zip_longest(*headings, fillvalue=""))
    return _aligned([*head, *rows], right=[i for i, column in enumerate(table.columns) if column.kind == "number"])


def _groups(content: TextGroups) -> list[str]:
    """Return a line for each group; one without keywords is shown by its name."""
    rows = [
        (str(group.id), f"{group.size:,}", f"{group.share:.1%}", " ".join(group.keywords) or group.name)
        for group in content.groups
    ]
    return _aligned([("id", "texts", "share", "keywords"), *rows], right=range(3)) if rows else []


def _aligned(rows: Sequence[Sequence[str]], right: Sequence[int] = ()) -> list[str]:
    """Return the rows as lines of columns two spaces apart; the columns in `right` are right-aligned."""
    widths = [max(map(_width, column)) for column in zip(*rows, strict=True)]
    lines = []
    for row in rows:
        cells = []
        for i, cell in enumerate(row):
            space = " " * (widths[i] - _width(cell))
            cells.append(space + cell if i in right else cell + space)
        lines.append("  ".join(cells).rstrip())
    return lines


def _wrapped(text: str, width: int) -> list[str]:
    """Return `text` in lines of at most `width` columns, broken at spaces if possible."""
    lines, rest = [], " ".join(text.split())
    while _width(rest) > width:
        end = _fitting(rest, width)
        space = rest.rfind(" ", 0, end + 1)
        lines.append(rest[: space if space > 0 else end])
        rest = rest[len(lines[-1]) :].lstrip()
    return [*lines, rest] if rest else lines


def _width(text: str) -> int:
    """Return the columns that `text` takes in a terminal: two for a wide character, none for a combining mark."""
    return sum(_columns(character) for character in text)


def _columns(character: str) -> int:
    if unicodedata.category(character) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def _cut(line: str, width: int) -> str:
    """Return `line` cut to `width` columns and without control characters."""
    line = "".join(" " if unicodedata.category(character) == "Cc" else character for character in line)
    return line if _width(line) <= width else line[: _fitting(line, width - 1)] + "…"


def _fitting(text: str, width: int) -> int:
    """Return the number of leading characters of `text` that fit in `width` columns, at least one."""
    used = accumulate(map(_columns, text))
    return max(1, sum(1 for _ in takewhile(lambda columns: columns <= width, used)))
