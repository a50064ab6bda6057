"""Parquet: a row for each text, its embedding a fixed-size list of float32."""

from pathlib import Path
from typing import Any

import numpy as np

from textssl.results import Results


def write_parquet(data: Results, path: Path) -> None:
    """Write the columns that `data` has, of the types they have there."""
    from pyarrow import parquet

    with parquet.ParquetWriter(path, data.schema) as writer:
        for batch in data.batches():
            writer.write_batch(batch)


def read_parquet(path: Path) -> np.ndarray:
    """Return the column `embedding`; raise ValueError if it is missing or the lengths of its lists differ."""
    from pyarrow import parquet

    file = parquet.ParquetFile(path)
    if "embedding" not in file.schema_arrow.names:
        raise ValueError("it has no column 'embedding'")
    blocks = [_matrix(batch.column(0)) for batch in file.iter_batches(columns=["embedding"])]
    if len({block.shape[1] for block in blocks}) > 1:
        raise ValueError("its embeddings differ in length")
    return np.concatenate(blocks) if blocks else np.empty((0, 0), np.float32)


def _matrix(lists: Any) -> np.ndarray:
    """Return an Arrow array of lists as (n, d) float32."""
    from pyarrow import compute, types

    if not (types.is_list(lists.type) or types.is_large_list(lists.type) or types.is_fixed_size_list(lists.type)):
        raise ValueError(f"its column 'embedding' holds {lists.type}, not lists of numbers")
    lengths = compute.unique(compute.list_value_length(lists)).to_pylist()
    if len(lengths) != 1 or lengths[0] is None:
        raise ValueError("its embeddings differ in length")
    values = lists.flatten().to_numpy(zero_copy_only=False)
    return np.asarray(values, np.float32).reshape(len(lists), lengths[0])
