"""CSV: a line for each text, its embedding in the columns embedding_0, embedding_1, …"""

import csv
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

import numpy as np
import pyarrow as pa

from textssl.formats.cells import flat
from textssl.results import Results

_PREFIX = "embedding_"
# A row has to fit into a block, and a text may be a whole book.
_BLOCK = 1 << 26


def write_csv(data: Results, path: Path) -> None:
    """Write the columns that `data` has; what is nested in other columns of the input becomes JSON."""
    with path.open("wb") as file:
        write_table(data, file, flat)


def write_table(data: Results, file: BinaryIO, cells: Callable[[pa.Array], pa.Array]) -> None:
    """Write a header and a line for each row, with the columns as `cells` returns them."""
    from pyarrow import csv as arrow

    none = _unfolded(pa.RecordBatch.from_pylist([], data.schema), cells)
    with arrow.CSVWriter(file, none.schema) as writer:
        for batch in data.batches():
            writer.write_batch(_unfolded(batch, cells))


def read_csv(path: Path) -> np.ndarray:
    """Return the columns embedding_0, embedding_1, …; raise ValueError if there are none or one is not a number."""
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


def _unfolded(batch: pa.RecordBatch, cells: Callable[[pa.Array], pa.Array]) -> pa.RecordBatch:
    """Return a batch whose embedding is a column for each of its dimensions."""
    columns: dict[str, pa.Array] = {}
    for name, column in zip(batch.schema.names, batch.columns, strict=True):
        if name == "embedding":
            matrix = column.flatten().to_numpy().reshape(len(batch), column.type.list_size)
            columns |= {f"{_PREFIX}{i}": pa.array(values) for i, values in enumerate(np.ascontiguousarray(matrix.T))}
        else:
            columns[name] = cells(column)
    return pa.RecordBatch.from_arrays(list(columns.values()), names=list(columns))
