"""Results: a table with one row per text and whatever columns the stages add."""

from collections.abc import Iterator, Mapping, Sequence
from copy import copy
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import pyarrow as pa

from textssl.errors import DataError, UsageError, lookup

if TYPE_CHECKING:
    from numpy.typing import NDArray

Column: TypeAlias = "NDArray[Any] | Sequence[str] | pa.Array | pa.ChunkedArray"

# Rows in memory at a time, so that a memory map is never copied whole.
BATCH = 4096
# An input column of one of these names is renamed in every result, so that all results call it the same.
_RESERVED = {
    "row",
    "cluster",
    "cluster_name",
    "probability",
    "second_cluster",
    "second_probability",
    "text",
    "embedding",
}


class Results:
    """A table of n rows, written by `textssl.export` in any format.

    ``results["cluster"]`` is a column, ``len(results)`` is n, and `to_table` returns a `pyarrow.Table`.

    Args:
        columns: the columns by name, each with n entries: a NumPy array (n,); a matrix (n, d), which may be a memory
            map and is written as one list of float32 per row; a sequence of str, read in slices; or an Arrow array.
        others: the input's other columns, n rows; None if there are none. A column whose name is taken becomes
            ``input_NAME``.

    The order is that of `columns`, then `others`; matrices come last.

    Raises:
        DataError: if the columns differ in length, or an array has more than two dimensions.
        UsageError: if there are no columns.
    """

    def __init__(self, columns: Mapping[str, Column], others: pa.Table | None = None) -> None:
        if not columns:
            raise UsageError("results need at least one column, got none: name the columns")
        matrices = {name: column for name, column in columns.items() if _is_matrix(column)}
        single = {name: column for name, column in columns.items() if name not in matrices}
        self._columns = single | _renamed(others, columns) | matrices
        self._check()

    def __len__(self) -> int:
        """Number of rows."""
        return len(next(iter(self._columns.values())))

    def __getitem__(self, name: str) -> Column:
        """Return a column as given: numbers as a NumPy array, texts as a sequence, input columns as Arrow arrays.

        Raises:
            UsageError: if there is no such column.
        """
        return lookup(self._columns, name, "column")

    @property
    def column_names(self) -> list[str]:
        """The names of the columns, in order."""
        return list(self._columns)

    @property
    def matrices(self) -> list[str]:
        """The names of the columns that are matrices, such as ``embedding``."""
        return [name for name, column in self._columns.items() if _is_matrix(column)]

    @property
    def schema(self) -> pa.Schema:
        """Names and Arrow types of the columns, as they are written."""
        return pa.schema([(name, _type(column)) for name, column in self._columns.items()])

    def select(self, names: Sequence[str]) -> "Results":
        """Return some of the columns, in the order of `names`.

        Raises:
            UsageError: if there is no such column, or `names` is empty or a single str.
        """
        if isinstance(names, str):
            raise UsageError(f"columns expects a list of names, got {names!r}: write [{names!r}]")
        if not names:
            raise UsageError("columns is empty, expected at least one name: leave it out to take all")
        selected = copy(self)
        selected._columns = {name: self[name] for name in names}
        return selected

    def batches(self) -> Iterator[pa.RecordBatch]:
        """Yield the table in batches of 4,096 rows."""
        schema = self.schema
        for start in range(0, len(self), BATCH):
            arrays = [_as_arrow(column, start) for column in self._columns.values()]
            yield pa.RecordBatch.from_arrays(arrays, schema=schema)

    def to_table(self) -> pa.Table:
        """Return the whole table in memory."""
        return pa.Table.from_batches(self.batches(), self.schema)

    def _check(self) -> None:
        first = next(iter(self._columns))
        for name, column in self._columns.items():
            if isinstance(column, np.ndarray) and column.ndim not in (1, 2):
                raise DataError(f"column {name!r} has shape {column.shape}, expected (n,) or (n, d)")
            if len(column) != len(self):
                raise DataError(
                    f"column {name!r} has {len(column)} rows, {first!r} has {len(self)}: give one entry for each row"
                )


def _is_matrix(column: Column) -> bool:
    return isinstance(column, np.ndarray) and column.ndim == 2


def _type(column: Column) -> pa.DataType:
    """Return the Arrow type that a column is written as."""
    if isinstance(column, pa.Array | pa.ChunkedArray):
        return column.type
    if not isinstance(column, np.ndarray) or column.dtype.kind in "OU":
        return pa.string()
    if column.ndim == 2:
        return pa.list_(pa.float32(), column.shape[1])
    return pa.from_numpy_dtype(column.dtype)


def _as_arrow(column: Column, start: int) -> pa.Array:
    """Return the batch of a column that begins at row `start`."""
    some = column[start : start + BATCH]
    if isinstance(some, pa.ChunkedArray):
        return some.combine_chunks()
    if isinstance(some, np.ndarray) and some.ndim == 2:
        block = np.asarray(some, np.float32)
        return pa.FixedSizeListArray.from_arrays(pa.array(block.ravel()), block.shape[1])
    return some if isinstance(some, pa.Array) else pa.array(some, _type(column))


def _renamed(others: pa.Table | None, columns: Mapping[str, Column]) -> dict[str, Column]:
    """Return the input's columns, each under a name that no other column has."""
    renamed: dict[str, Column] = {}
    for name, column in zip(others.column_names, others.columns, strict=True) if others is not None else ():
        while name in _RESERVED or name in columns or name in renamed:
            name = f"input_{name}"
        renamed[name] = column
    return renamed
