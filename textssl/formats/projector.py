"""TensorBoard's embedding projector: a folder of tensors.tsv and metadata.tsv, to be loaded at its page."""

import re
from pathlib import Path

import pyarrow as pa

from textssl.formats.cells import flat, joined
from textssl.results import Results


def write_projector(data: Results, path: Path) -> None:
    """Write the embeddings, a line each, and beside them all other columns under a header."""
    data.need_embeddings("projector")
    names = [name for name in data.schema.names if name != "embedding"]
    # The projector takes a lone column to have no header.
    header = "" if len(names) == 1 else "\t".join(map(_cell, names)) + "\n"
    path.mkdir()
    with (
        (path / "tensors.tsv").open("w", encoding="utf-8", newline="\n") as tensors,
        (path / "metadata.tsv").open("w", encoding="utf-8", newline="\n") as metadata,
    ):
        metadata.write(header)
        for batch in data.batches():
            tensors.writelines(row + "\n" for row in joined(batch.column("embedding"), "\t"))
            cells = zip(*(_cells(batch.column(name)) for name in names), strict=True)
            metadata.writelines("\t".join(line) + "\n" for line in cells)


def _cells(column: pa.Array) -> list[str]:
    return ["" if text is None else _cell(text) for text in flat(column).cast(pa.string()).to_pylist()]


def _cell(text: str) -> str:
    return re.sub(r"\s", " ", text)
