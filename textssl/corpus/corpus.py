"""The corpus that every stage works on: one row per text, in the order of the input."""

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

_BATCH = 4_096
SCHEMA = pa.schema([("text", pa.large_string()), ("label", pa.large_string()), ("first", pa.int64())])


@dataclass(frozen=True)
class CorpusStatistics:
    """Counts of rows, and of the characters of all texts.

    Attributes:
        rows: rows of the input.
        unique: distinct texts.
        duplicates: copies of an earlier text.
        blank: rows without a text.
        characters: characters of all texts.
    """

    rows: int
    unique: int
    duplicates: int
    blank: int
    characters: int


@dataclass(frozen=True)
class Corpus:
    """Cleaned texts; row i is row i of the input.

    Attributes:
        table: `text` (``""`` if the row is blank), `label` (null if there is none), and `first`, the first row with
            the same text (-1 if the row is blank).
        name: name of the source in reports.
        fingerprint: hash of all texts, labels and other columns, in order.
        notes: findings while reading, one sentence each.
        others: all columns of the input except the texts, with their types; None if there are none.
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
        """Return the texts of `rows` in the given order, or all texts; only these are loaded into memory."""
        column = self.table["text"]
        if rows is None:
            return column.to_pylist()
        rows = np.asarray(rows, dtype=np.int64)
        stops = np.cumsum([len(chunk) for chunk in column.chunks])
        chunks = np.searchsorted(stops, rows, side="right")
        found = np.empty(len(rows), dtype=object)
        # Chunk by chunk: taking from a chunked column of strings may first copy all of it.
        for number in np.unique(chunks):
            inside = np.flatnonzero(chunks == number)
            chunk = column.chunk(number)
            found[inside] = chunk.take(pa.array(rows[inside] - (stops[number] - len(chunk)))).to_pylist()
        return found.tolist()

    @property
    def labels(self) -> list[str | None] | None:
        """The label of each row; None if no row has one."""
        column = self.table["label"]
        return None if column.null_count == len(column) else column.to_pylist()

    @cached_property
    def unique_rows(self) -> "NDArray[np.int64]":
        """The first row of each distinct text, ascending; blank rows are left out."""
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
    """The texts of some rows of a corpus as a sequence; they are loaded into memory only when accessed.

    Args:
        corpus: the corpus.
        rows: (n,) the rows.
    """

    def __init__(self, corpus: Corpus, rows: "NDArray[np.int64]") -> None:
        self._corpus = corpus
        self._rows = rows

    def __len__(self) -> int:
        """Number of texts."""
        return len(self._rows)

    @overload
    def __getitem__(self, index: int) -> str: ...
    @overload
    def __getitem__(self, index: slice) -> list[str]: ...
    def __getitem__(self, index: int | slice) -> str | list[str]:
        """Return the text at an index, or the texts of a slice."""
        if isinstance(index, slice):
            return self._corpus.texts(self._rows[index])
        return self._corpus.texts(self._rows[[index]])[0]

    def at(self, rows: "NDArray[np.int64]") -> list[str]:
        """Return the texts at the indices `rows`, read at once."""
        return self._corpus.texts(self._rows[rows])

    def __iter__(self) -> Iterator[str]:
        """Yield the texts in order, loading a few thousand at a time."""
        for start in range(0, len(self), _BATCH):
            yield from self[start : start + _BATCH]
