"""NumPy: one column as an array, by default the embeddings, (n, d) float32."""

from pathlib import Path
from typing import BinaryIO

import numpy as np
import pyarrow as pa
from pyarrow import compute, types

from textssl.errors import UsageError
from textssl.formats.cells import flat
from textssl.results import BATCH, Results


def write_npy(results: Results, path: Path) -> None:
    """Write the only column of `results`: a matrix (n, d) as float32, or an array (n,) of numbers or strings.

    Raises:
        UsageError: if there are several columns.
    """
    name, *more = results.column_names
    if more:
        raise UsageError(f"npy holds one column, got {', '.join(results.column_names)}: name one, or use parquet")
    with path.open("wb") as file:
        if results.matrices:
            _write_matrix(np.asarray(results[name]), file)
        else:
            np.save(file, _as_array(results), allow_pickle=False)


def read_npy(path: Path) -> np.ndarray:
    """Return the array as a memory map; raise ValueError for anything that is not a plain array."""
    return np.load(path, mmap_mode="r", allow_pickle=False)


def _write_matrix(matrix: np.ndarray, file: BinaryIO) -> None:
    """Write a matrix a batch of rows at a time: it may be a memory map."""
    np.lib.format.write_array_header_1_0(file, {"descr": "<f4", "fortran_order": False, "shape": matrix.shape})
    for start in range(0, len(matrix), BATCH):
        file.write(np.asarray(matrix[start : start + BATCH], "<f4").tobytes())


def _as_array(results: Results) -> np.ndarray:
    """Return the only column as an array (n,); what is nested becomes JSON, a missing string an empty one."""
    column = results.to_table().column(0)
    cells = pa.chunked_array([flat(chunk) for chunk in column.chunks], flat(pa.array([], column.type)).type)
    if types.is_string(cells.type) or types.is_large_string(cells.type):
        return compute.fill_null(cells, "").to_numpy().astype(str)
    return cells.to_numpy()
