"""The corpus every stage works on: one row a text, in the order of the input."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, overload

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from textssl.language.texts import CheckedTexts

if TYPE_CHECKING:
    from numpy.typing import NDArray

_TEXTS_AT_ONCE = 4_096
SCHEMA = pa.schema([("text", pa.large_string()), ("label", pa.large_string()), ("first", pa.int64())])


@dataclass(frozen=True)
class CorpusStatistics:
    """Counts of rows, and of the characters of all texts."""

    rows: int
    unique: int
    duplicates: int
    blank: int
    characters: int


@dataclass(frozen=True)
class Corpus:
    """Cleaned texts; row i is row i of the input.

    Attributes:
        table: `text` (``""`` where the row is blank), `label` (null where there is none), and `first`, the row
            where the same text stands first (-1 where the row is blank).
        name: the source, as a report calls it.
        fingerprint: hash of all texts, labels and other columns in their order.
        notes: what was found while reading, one sentence each.
        others: all columns of the input but the texts, with their types; None if there are none.
    """

    table: pa.Table
    name: str
    fingerprint: str
    notes: tuple[str, ...] = ()
    others: pa.Table | None = None

    def __len__(self) -> int:
        """Number of rows."""
        return self.table.num_rows

    def texts(self, rows: "Sequence[int] | NDArray[np.int64] | None" = None) -> list[str]:
        """Return the texts of `rows` in their order, or all; only these are brought into memory."""
        column = self.table["text"]
        if rows is None:
            return column.to_pylist()
        rows = np.asarray(rows, dtype=np.int64)
        stops = np.cumsum([len(chunk) for chunk in column.chunks])
        holders = np.searchsorted(stops, rows, side="right")
        found = np.empty(len(rows), dtype=object)
        # Chunk by chunk: taking from a chunked column of strings may first copy all of it.
        for holder in np.unique(holders):
            places = np.flatnonzero(holders == holder)
            chunk = column.chunk(holder)
            found[places] = chunk.take(pa.array(rows[places] - (stops[holder] - len(chunk)))).to_pylist()
        return found.tolist()

    @property
    def labels(self) -> list[str | None] | None:
        """The label of each row, or None if no row has one."""
        column = self.table["label"]
        return None if column.null_count == len(column) else column.to_pylist()

    @cached_property
    def unique_rows(self) -> "NDArray[np.int64]":
        """The rows that are neither blank nor a copy of an earlier row, ascending."""
        first = self.table["first"].to_numpy()
        return np.flatnonzero(first == np.arange(len(first)))

    @cached_property
    def statistics(self) -> CorpusStatistics:
        """Counts of rows and characters."""
        rows = len(self)
        blank = int(np.count_nonzero(self.table["first"].to_numpy() < 0))
        unique = len(self.unique_rows)
        characters = pc.sum(pc.utf8_length(self.table["text"])).as_py()
        return CorpusStatistics(rows, unique, rows - unique - blank, blank, characters)


class Texts(CheckedTexts):
    """The texts of some rows of a corpus as a sequence; only what is asked for is brought into memory."""

    def __init__(self, corpus: Corpus, rows: "NDArray[np.int64]") -> None:
        self._corpus = corpus
        self._rows = rows

    def __len__(self) -> int:
        """Number of texts."""
        return len(self._rows)

    @overload
    def __getitem__(self, place: int) -> str: ...
    @overload
    def __getitem__(self, place: slice) -> list[str]: ...
    def __getitem__(self, place: int | slice) -> str | list[str]:
        """Return the text at a place, or the texts of a slice."""
        if isinstance(place, slice):
            return self._corpus.texts(self._rows[place])
        return self._corpus.texts(self._rows[[place]])[0]

    def __iter__(self) -> Iterator[str]:
        """Yield the texts in order, read a few thousand at a time."""
        for start in range(0, len(self), _TEXTS_AT_ONCE):
            yield from self[start : start + _TEXTS_AT_ONCE]
