"""What there is to export, and how it is taken a batch at a time."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from textssl.errors import DataError

# Rows written at a time, so that a memory map is never copied whole.
BATCH = 4096


@dataclass(frozen=True)
class Exported:
    """The result of a run, in columns of n entries; what is None is absent.

    Attributes:
        embeddings: (n, d) float32; may be a memory map.
        rows: (n,) int64, the input row of each entry.
        clusters: (n,) int32, -1 = noise.
        probabilities: (n,) float32.
        texts: n texts, read by slices.
    """

    embeddings: np.ndarray | None
    rows: np.ndarray
    clusters: np.ndarray | None = None
    probabilities: np.ndarray | None = None
    texts: Sequence[str] | None = None

    def __post_init__(self) -> None:
        """Refuse columns of different lengths."""
        for name, column in self.columns().items():
            if len(column) != len(self.rows):
                raise DataError(f"{len(column)} entries of {name} for {len(self.rows)} rows: give one for each row")

    def columns(self) -> dict[str, Any]:
        """Return the columns that are there, by the names they have on disk."""
        columns = {
            "row": self.rows,
            "cluster": self.clusters,
            "probability": self.probabilities,
            "text": self.texts,
            "embedding": self.embeddings,
        }
        return {name: column for name, column in columns.items() if column is not None}

    def batches(self) -> Iterator[dict[str, Any]]:
        """Yield the columns a batch of rows at a time, numbers with a fraction as float32."""
        for start in range(0, len(self.rows), BATCH):
            batch = {name: column[start : start + BATCH] for name, column in self.columns().items()}
            for name in {"probability", "embedding"} & batch.keys():
                batch[name] = np.asarray(batch[name], np.float32)
            yield batch

    def need_embeddings(self, format: str) -> np.ndarray:
        """Return the embeddings; raise DataError naming the format that cannot do without them."""
        if self.embeddings is None:
            raise DataError(f"{format} holds embeddings, and there are none here: embed the texts first")
        return self.embeddings


def spelled(values: np.ndarray, separator: str = "") -> list[str]:
    """Return each entry as text, a row of a matrix joined by `separator`.

    Numbers are the shortest that read back the same. Arrow writes them, some ten times as fast as NumPy.
    """
    import pyarrow as pa
    from pyarrow import compute

    numbers = pa.array(np.ascontiguousarray(values).ravel()).cast(pa.string())
    if values.ndim == 1:
        return numbers.to_pylist()
    ends = np.arange(len(values) + 1, dtype=np.int32) * values.shape[1]
    return compute.binary_join(pa.ListArray.from_arrays(ends, numbers), separator).to_pylist()
