"""The heads of a run: results on its vectors, each in a file of its own and a line here."""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
from pyarrow import parquet

from textssl.pipeline.edits import edited_columns, read_edits, without_moves
from textssl.pipeline.groups import GROUPS
from textssl.pipeline.hierarchy import LEVELS
from textssl.pipeline.map import MAP
from textssl.pipeline.novelty import NOVELTY
from textssl.pipeline.table import Head
from textssl.run_folder import RunFolder

HEADS: dict[str, Head] = {"groups": GROUPS, "levels": LEVELS, "map": MAP, "novelty": NOVELTY}


def head_columns(files: RunFolder) -> dict[str, np.ndarray]:
    """Return the columns of all heads by name, one entry per row of the run, as a person has changed them."""
    return edited_columns(found_columns(files), read_edits(files))


def found_columns(files: RunFolder) -> dict[str, np.ndarray | pa.ChunkedArray]:
    """Return the columns of all heads by name, one entry per row, as the run found them."""
    columns: dict[str, np.ndarray | pa.ChunkedArray] = {}
    for head in HEADS.values():
        path = files.path(head.table)
        names = parquet.read_schema(path).names
        # The corpus has the text and the input's other columns, which follow it.
        names = names[1 : names.index("text") if "text" in names else None]
        table = parquet.read_table(path, columns=names)
        columns |= {name: _as_numpy(table[name]) for name in names}
    return columns


def predicted_columns(files: RunFolder, vectors: np.ndarray, texts: Sequence[str]) -> dict[str, np.ndarray]:
    """Return the columns of all heads for new texts and their vectors, (n, d)."""
    columns = {name: column for head in HEADS.values() for name, column in head.predict(files, vectors, texts).items()}
    return edited_columns(columns, without_moves(read_edits(files)))


def _as_numpy(column: pa.ChunkedArray) -> np.ndarray | pa.ChunkedArray:
    """Return a column of numbers as a NumPy array, any other as it is."""
    return column.to_numpy() if pa.types.is_primitive(column.type) and not column.null_count else column
