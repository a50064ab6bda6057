"""Parquet: one row per text, its embedding a fixed-size list of float32."""

from pathlib import Path

import numpy as np
import pyarrow as pa

from textssl.results import Results


def write_parquet(results: Results, path: Path) -> None:
    """Write the columns with their types."""
    from pyarrow import parquet

    with parquet.ParquetWriter(path, results.schema) as writer:
        for batch in results.batches():
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


def _matrix(lists: pa.Array) -> np.ndarray:
    """Return an Arrow array of lists as (n, d) float32."""
    from pyarrow import compute, types

    if not (types.is_list(lists.type) or types.is_large_list(lists.type) or types.is_fixed_size_list(lists.type)):
        raise ValueError(f"its column 'embedding' is of type {lists.type}, expected lists of numbers")
    lengths = compute.unique(compute.list_value_length(lists)).to_pylist()
    if len(lengths) != 1 or lengths[0] is None:
        raise ValueError("its embeddings differ in length")
    values = lists.flatten().to_numpy(zero_copy_only=False)
    return np.asarray(values, np.float32).reshape(len(lists), lengths[0])
