"""The report as text for a terminal."""

import unicodedata
from collections.abc import Mapping, Sequence
from itertools import accumulate, takewhile, zip_longest
from typing import Any

from textssl.reporting.measures import measure
from textssl.reporting.report import Report, spelled

# Columns of a method's name at the head of the measures.
_HEAD = 24


def format_terminal(report: Report, width: int = 80) -> str:
    """Return notes, facts, measures, tables and clusters, at most `width` columns wide.

    Notes are shown whole, on as many lines as they need; other lines are cut.
    """
    notes = [line for note in report.notes for line in _wrapped(note, width)]
    blocks = [[report.title, _summary(report)], notes, _facts(report), _measures(report)]
    blocks += [choice_table(report.choice), reliability_table(report.reliability), _clusters(report)]
    lines = [_cut(line, width) for block in blocks if block for line in [*block, ""]]
    return "\n".join(lines[:-1]) + "\n"


def choice_table(choice: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return the lines of a table of the numbers of clusters that were compared, or none."""
    if not choice:
        return []
    head = [measure(name)[0] for name in choice[0]]
    rows = [[spelled(value) for value in candidate.values()] for candidate in choice]
    return ["Numbers of clusters compared, best first", *_aligned([head, *rows], right=range(len(head)))]


def reliability_table(reliability: Sequence[Mapping[str, float]]) -> list[str]:
    """Return the lines of a table of how far the probabilities can be trusted, or none."""
    if not reliability:
        return []
    head = ("probability", "texts", "kept their cluster")
    rows = [(spelled(bin["probability"]), spelled(bin["rows"]), f"{bin['kept']:.1%}") for bin in reliability]
    return ["Probabilities, measured on models of half of the texts", *_aligned([head, *rows], right=range(3))]


def _summary(report: Report) -> str:
    summary = f"{spelled(report.texts)} texts in {spelled(len(report.clusters))} clusters"
    if report.noise:
        summary += f", {spelled(report.noise)} ({report.noise / report.texts:.1%}) in none of them"
    return summary


def _facts(report: Report) -> list[str]:
    return _aligned([(name, spelled(value)) for name, value in report.facts])


def _measures(report: Report) -> list[str]:
    if not report.metrics:
        return []
    columns = [report.metrics, *report.baseline.values()]
    names = [["this run"], *(_wrapped(name, _HEAD) for name in report.baseline)]
    head = [("", *line) for line in zip_longest(*names, fillvalue="")] if report.baseline else []
    rows = [
        (measure(name)[0], *(spelled(column[name]) if name in column else "-" for column in columns))
        for name in report.metrics
    ]
    return _aligned([*head, *rows], right=range(1, len(columns) + 1))


def _clusters(report: Report) -> list[str]:
    rows = [
        (str(cluster.id), spelled(cluster.size), f"{cluster.share:.1%}", " ".join(k.word for k in cluster.keywords))
        for cluster in report.clusters
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
    """Return `text` in lines of at most `width` columns, broken at spaces where there are any."""
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
    """Return how many characters of `text` fit in `width` columns, at least one."""
    used = accumulate(map(_columns, text))
    return max(1, sum(1 for _ in takewhile(lambda columns: columns <= width, used)))
