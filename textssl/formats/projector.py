"""TensorBoard's embedding projector: a folder with tensors.tsv and metadata.tsv, to load at its page."""

import re
from pathlib import Path

import pyarrow as pa

from textssl.formats.cells import flat, joined
from textssl.results import Results


def write_projector(results: Results, path: Path) -> None:
    """Write the embeddings to tensors.tsv, one per line, and the other columns to metadata.tsv."""
    names = [name for name in results.column_names if name != "embedding"]
    # The projector expects no header above a single column.
    header = "" if len(names) == 1 else "\t".join(map(_cell, names)) + "\n"
    path.mkdir()
    with (
        (path / "tensors.tsv").open("w", encoding="utf-8", newline="\n") as tensors,
        (path / "metadata.tsv").open("w", encoding="utf-8", newline="\n") as metadata,
    ):
        metadata.write(header)
        for batch in results.batches():
            tensors.writelines(row + "\n" for row in joined(batch.column("embedding"), "\t"))
            cells = zip(*(_cells(batch.column(name)) for name in names), strict=True)
            metadata.writelines("\t".join(line) + "\n" for line in cells)


def _cells(column: pa.Array) -> list[str]:
    return ["" if text is None else _cell(text) for text in flat(column).cast(pa.string()).to_pylist()]


def _cell(text: str) -> str:
    return re.sub(r"\s", " ", text)
