"""JSON lines: an object a row, its embedding a list of numbers."""

import json
from pathlib import Path
from typing import Any

import numpy as np

from textssl.export.exported import Exported, spelled


def write_jsonl(data: Exported, path: Path) -> None:
    """Write the columns row, cluster, probability, text and embedding, as far as they are there."""
    with path.open("w", encoding="utf-8", newline="\n") as file:
        for batch in data.batches():
            columns = [_json(column) for column in batch.values()]
            for values in zip(*columns, strict=True):
                pairs = zip(batch, values, strict=True)
                file.write("{" + ", ".join(f'"{name}": {value}' for name, value in pairs) + "}\n")


def read_jsonl(path: Path) -> np.ndarray:
    """Return the key `embedding` of every line; raise ValueError, naming the line, where there is none."""
    vectors: list[np.ndarray] = []
    with path.open(encoding="utf-8", newline="\n") as file:
        for number, line in enumerate(file, 1):
            try:
                vectors.append(np.array(json.loads(line)["embedding"], np.float32))
            except (ValueError, KeyError, TypeError):
                raise ValueError(f"line {number} has no list of numbers under 'embedding'") from None
            if vectors[-1].shape != vectors[0].shape:
                raise ValueError(f"its embeddings differ in length (line {number})")
    return np.stack(vectors) if vectors else np.empty((0, 0), np.float32)


def _json(column: Any) -> list[str]:
    """Return a column's entries as JSON."""
    if not isinstance(column, np.ndarray):
        return [json.dumps(text, ensure_ascii=False) for text in column]
    if column.ndim == 2:
        return [f"[{row}]" for row in spelled(column, ", ")]
    return spelled(column)
