"""JSON lines: one object per row, its embedding a list of numbers."""

import json
from pathlib import Path

import numpy as np

from textssl.formats.cells import as_json
from textssl.results import Results


def write_jsonl(results: Results, path: Path) -> None:
    """Write one object per row, with the names of the columns as keys."""
    keys = [json.dumps(name, ensure_ascii=False) for name in results.column_names]
    with path.open("w", encoding="utf-8", newline="\n") as file:
        for batch in results.batches():
            for values in zip(*map(as_json, batch.columns), strict=True):
                pairs = zip(keys, values, strict=True)
                file.write("{" + ", ".join(f"{key}: {value}" for key, value in pairs) + "}\n")


def read_jsonl(path: Path) -> np.ndarray:
    """Return the key `embedding` of every line; raise ValueError, naming the line, if one has none."""
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
