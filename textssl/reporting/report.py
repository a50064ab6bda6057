"""The contents of a report, independent of how it is shown: sections of a few kinds, for the page and the terminal."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, TypedDict

import numpy as np

from textssl.reporting.projection import MapPoints

# A value in a report; None is shown as a dash.
Value = str | float | None
# Characters of a text that a report shows.
_SHOWN = 300


@dataclass(frozen=True)
class Column:
    """A column of a table.

    Attributes:
        name: its heading.
        kind: "name" for the names of the rows, "text" for other text, "number" for right-aligned values.
        explanation: what its values mean, if the heading does not say it.
    """

    name: str
    kind: Literal["name", "text", "number"] = "number"
    explanation: str = ""


@dataclass(frozen=True)
class Table:
    """A table.

    Attributes:
        columns: c columns.
        rows: rows of c values.
        explanations: what each row means, one for each row; empty for a table whose rows need none.
    """

    columns: Sequence[Column]
    rows: Sequence[Sequence[Value]]
    explanations: Sequence[str] = ()


@dataclass(frozen=True)
class Facts:
    """A list of names and their values."""

    items: Sequence[tuple[str, Value]]


@dataclass(frozen=True)
class Figure:
    """A map of texts, coloured by group.

    Attributes:
        points: where m texts lie.
        labels: (m,) the group of each, -1 for none.
        texts: the m texts.
        names: the name of each group, in the order of their colours.
        caption: what a reader must know to read the map.
        description: what the map shows, for those who cannot see it.
        unlabelled: what to call the texts of no group.
    """

    points: MapPoints
    labels: np.ndarray
    texts: Sequence[str]
    names: Mapping[int, str]
    caption: str = ""
    description: str = "Map of the texts, coloured by group"
    unlabelled: str = "In no group"


@dataclass(frozen=True)
class GroupedTexts:
    """The texts of groups as columns of m entries, which the page searches, sorts, filters and draws.

    Attributes:
        rows: (m,) int64, their input rows, ascending.
        texts: the m texts.
        labels: (m,) the group of each, -1 for none.
        total: number of texts; if it is more than m, these are a random sample.
        typicality: (m,) how near each lies to the centre of its group.
        xy: (m, 2) where they lie on the map, NaN for a text that is not on it; None without a map.
        probability: (m,) of their group.
        second: (m,) the second-best group of each, -1 for none.
        second_probability: (m,) of the second-best group.
        columns: what else is known of them, by name: numbers (m,), NaN if unknown, or m values of few categories, None
            if unknown.
    """

    rows: np.ndarray
    texts: Sequence[str]
    labels: np.ndarray
    total: int
    typicality: np.ndarray
    xy: np.ndarray | None = None
    probability: np.ndarray | None = None
    second: np.ndarray | None = None
    second_probability: np.ndarray | None = None
    columns: Mapping[str, "np.ndarray | Sequence[str | None]"] = field(default_factory=dict)


@dataclass(frozen=True)
class TextGroup:
    """A group of texts.

    Attributes:
        id: its number.
        name: different from the names of the other groups.
        size: number of texts.
        share: of all texts, from 0 to 1.
        keywords: the words that set it apart, best first.
        typical: the row and the text of its typical texts, most typical first.
    """

    id: int
    name: str
    size: int
    share: float
    keywords: Sequence[str] = ()
    typical: Sequence[tuple[int, str]] = ()


@dataclass(frozen=True)
class TextGroups:
    """Groups of texts.

    Attributes:
        groups: in the order they are shown.
        unit: what the groups are called, in the plural.
        map: the texts of these groups on a map, where a reader picks a group.
        texts: all texts of these groups, or a large sample; None for those on the map.
        rest: the texts of no group, its id -1; None if there are none.
    """

    groups: Sequence[TextGroup]
    unit: str = "groups"
    map: Figure | None = None
    texts: GroupedTexts | None = None
    rest: TextGroup | None = None


Content = Table | Facts | Figure | TextGroups


@dataclass(frozen=True)
class Section:
    """A part of a report.

    Attributes:
        title: its heading; empty for none.
        content: what it shows.
        note: an explanation, which the page shows under the heading.
        terminal_title: its heading in a terminal; `title` if None.
    """

    title: str
    content: Content
    note: str = ""
    terminal_title: str | None = None


@dataclass(frozen=True)
class Report:
    """Everything that a report shows, on a page or in a terminal.

    Attributes:
        title: what was grouped.
        summary: the result in one sentence, without its full stop.
        notes: what a reader must know to judge the result.
        sections: by name, in the order of the page.
    """

    title: str
    summary: str
    notes: Sequence[str]
    sections: Mapping[str, Section]


class ClusterRecord(TypedDict):
    """A cluster in `clusters.json`; representatives are rows."""

    id: int
    name: str
    size: int
    keywords: list[str]
    representatives: list[int]


def clusters_json(groups: Sequence[TextGroup]) -> list[ClusterRecord]:
    """Return the clusters as they are written to `clusters.json`."""
    return [
        {
            "id": group.id,
            "name": group.name,
            "size": group.size,
            "keywords": list(group.keywords),
            "representatives": [row for row, _ in group.typical],
        }
        for group in groups
    ]


def shortened(text: str) -> str:
    """Return `text` on one line, cut to the length that a report shows."""
    line = " ".join(text[: 4 * _SHOWN].split())
    return line if len(line) <= _SHOWN else line[: _SHOWN - 1].rstrip() + "…"


def format_value(value: Value) -> str:
    """Return a value as a report shows it: 12,345, 0.123, and a dash for None."""
    if value is None:
        return "–"
    if isinstance(value, float) and not value.is_integer():
        return f"{value:,.3f}"
    return f"{value:,.0f}" if isinstance(value, int | float) and not isinstance(value, bool) else str(value)
