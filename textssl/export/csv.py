"""CSV: a line for each text, its embedding in the columns embedding_0, embedding_1, …"""

import csv
from pathlib import Path
from typing import Any

import numpy as np

from textssl.export.exported import Exported

_PREFIX = "embedding_"
# A row has to fit into a block, and a text may be a whole book.
_BLOCK = 1 << 26


def write_csv(data: Exported, path: Path) -> None:
    """Write the columns row, cluster, probability, text and those of the embedding, as far as they are there."""
    import pyarrow as pa
    from pyarrow import csv as arrow

    types = {"row": pa.int64(), "cluster": pa.int32(), "probability": pa.float32(), "text": pa.string()}
    schema = pa.schema([(name, types[name]) for name in data.columns() if name != "embedding"])
    if data.embeddings is not None:
        for i in range(data.embeddings.shape[1]):
            schema = schema.append(pa.field(f"{_PREFIX}{i}", pa.float32()))
    with arrow.CSVWriter(path, schema) as writer:
        for batch in data.batches():
            columns = [column for name, values in batch.items() for column in _flat(values)]
            arrays = [pa.array(column, field.type) for column, field in zip(columns, schema, strict=True)]
            writer.write_table(pa.Table.from_arrays(arrays, schema=schema))


def read_csv(path: Path) -> np.ndarray:
    """Return the columns embedding_0, embedding_1, …; raise ValueError if there are none or one is not a number."""
    import pyarrow as pa
    from pyarrow import csv as arrow

    with path.open(encoding="utf-8", newline="") as file:
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


def _flat(values: Any) -> list[Any]:
    """Return a column as a list of itself, a matrix as its columns."""
    return list(np.ascontiguousarray(values.T)) if isinstance(values, np.ndarray) and values.ndim == 2 else [values]
