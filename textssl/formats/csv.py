"""CSV: one line per text; a matrix becomes one column per dimension: embedding_0, embedding_1, …"""

import csv
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

import numpy as np
import pyarrow as pa

from textssl.formats.cells import flat
from textssl.results import Results

_PREFIX = "embedding_"
# A row must fit into a block, and a text may be a whole book.
_BLOCK = 1 << 26


def write_csv(results: Results, path: Path) -> None:
    """Write the columns; nested and binary values become JSON."""
    with path.open("wb") as file:
        write_table(results, file, flat)


def write_table(results: Results, file: BinaryIO, cells: Callable[[pa.Array], pa.Array]) -> None:
    """Write a header and one line per row.

    Args:
        results: the columns.
        file: the file to write to.
        cells: turns a column into one that CSV can hold.
    """
    from pyarrow import csv as arrow

    matrices = set(results.matrices)
    empty = _unfolded(pa.RecordBatch.from_pylist([], results.schema), matrices, cells)
    with arrow.CSVWriter(file, empty.schema) as writer:
        for batch in results.batches():
            writer.write_batch(_unfolded(batch, matrices, cells))


def read_csv(path: Path) -> np.ndarray:
    """Return the columns embedding_0, embedding_1, …; raise ValueError if there are none or a value is not a number."""
    from pyarrow import csv as arrow

    with path.open(encoding="utf-8-sig", newline="") as file:
        names = [name for name in next(csv.reader(file), []) if name.startswith(_PREFIX)]
    if not names:
        raise ValueError(f"it has no columns {_PREFIX}0, {_PREFIX}1, …")
    with arrow.open_csv(
        path,
        read_options=arrow.ReadOptions(block_size=_BLOCK),
        parse_options=arrow.ParseOptions(newlines_in_values=True),
        convert_options=arrow.ConvertOptions(
            include_columns=names, column_types=dict.fromkeys(names, pa.float32()), null_values=[]
        ),
    ) as reader:
        blocks = [np.stack([column.to_numpy() for column in batch.columns], axis=1) for batch in reader]
    return np.concatenate([np.empty((0, len(names)), np.float32), *blocks])


def _unfolded(batch: pa.RecordBatch, matrices: set[str], cells: Callable[[pa.Array], pa.Array]) -> pa.RecordBatch:
    """Return a batch with one column for each dimension of a matrix."""
    columns: dict[str, pa.Array] = {}
    for name, column in zip(batch.schema.names, batch.columns, strict=True):
        if name in matrices:
            matrix = column.flatten().to_numpy().reshape(len(batch), column.type.list_size)
            columns |= {f"{name}_{i}": pa.array(values) for i, values in enumerate(np.ascontiguousarray(matrix.T))}
        else:
            columns[name] = cells(column)
    return pa.RecordBatch.from_arrays(list(columns.values()), names=list(columns))
