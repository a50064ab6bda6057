"""The result of a run: a table of the rows of the input and whatever was found out about each."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from textssl.errors import DataError

if TYPE_CHECKING:
    from numpy.typing import NDArray

# Rows in memory at a time, so that a memory map is never copied whole.
BATCH = 4096

_TYPES = {
    "row": pa.int64(),
    "cluster": pa.int32(),
    "probability": pa.float32(),
    "second_cluster": pa.int32(),
    "second_probability": pa.float32(),
    "text": pa.string(),
}


@dataclass(frozen=True)
class Results:
    """Columns of n entries; what is None is absent.

    Attributes:
        embeddings: (n, d) float32; may be a memory map.
        rows: (n,) int64, the input row of each entry.
        clusters: (n,) int32, -1 = noise.
        probabilities: (n,) float32.
        second_clusters: (n,) int32, the next best cluster, -1 = none.
        second_probabilities: (n,) float32.
        texts: n texts, read by slices.
        others: the other columns of the input, n rows; one named like a column above is written as ``input_NAME``.
    """

    embeddings: "NDArray[np.float32] | None"
    rows: "NDArray[np.int64]"
    clusters: "NDArray[np.int32] | None" = None
    probabilities: "NDArray[np.float32] | None" = None
    second_clusters: "NDArray[np.int32] | None" = None
    second_probabilities: "NDArray[np.float32] | None" = None
    texts: Sequence[str] | None = None
    others: pa.Table | None = None

    def __post_init__(self) -> None:
        """Refuse columns of different lengths."""
        found = {**self._columns(), "embedding": self.embeddings, "the other columns": self.others}
        for name, column in found.items():
            if column is not None and len(column) != len(self.rows):
                raise DataError(f"{len(column)} entries of {name} for {len(self.rows)} rows: give one for each row")

    @property
    def schema(self) -> pa.Schema:
        """Names and types of the columns that are there, as they are on disk; the embedding is the last."""
        fields = [pa.field(name, _TYPES[name]) for name in self._columns()]
        taken = {*_TYPES, "embedding"}
        for field in self.others.schema if self.others is not None else ():
            while field.name in taken:
                field = field.with_name(f"input_{field.name}")
            taken.add(field.name)
            fields.append(field)
        if self.embeddings is not None:
            fields.append(pa.field("embedding", pa.list_(pa.float32(), self.embeddings.shape[1])))
        return pa.schema(fields)

    def batches(self) -> Iterator[pa.RecordBatch]:
        """Yield the columns, a batch of rows at a time."""
        for start in range(0, len(self.rows), BATCH):
            some = slice(start, start + BATCH)
            arrays = [pa.array(column[some], _TYPES[name]) for name, column in self._columns().items()]
            if self.others is not None:
                arrays += self.others.slice(start, BATCH).combine_chunks().to_batches()[0].columns
            if self.embeddings is not None:
                block = np.asarray(self.embeddings[some], np.float32)
                arrays.append(pa.FixedSizeListArray.from_arrays(pa.array(block.ravel()), block.shape[1]))
            yield pa.RecordBatch.from_arrays(arrays, schema=self.schema)

    def need_embeddings(self, format: str) -> np.ndarray:
        """Return the embeddings; raise DataError naming the format that cannot do without them."""
        if self.embeddings is None:
            raise DataError(f"{format} holds embeddings, and there are none here: embed the texts first")
        return self.embeddings

    def _columns(self) -> dict[str, Sequence[str] | np.ndarray]:
        columns = {
            "row": self.rows,
            "cluster": self.clusters,
            "probability": self.probabilities,
            "second_cluster": self.second_clusters,
            "second_probability": self.second_probabilities,
            "text": self.texts,
        }
        return {name: column for name, column in columns.items() if column is not None}
