"""TensorBoard's embedding projector: a folder of tensors.tsv and metadata.tsv, to be loaded at its page."""

import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from textssl.export.exported import Exported, spelled


def write_projector(data: Exported, path: Path) -> None:
    """Write the embeddings, a line each, and beside them row, cluster, probability and text under a header."""
    data.need_embeddings("projector")
    names = [name for name in data.columns() if name != "embedding"]
    # The projector takes a lone column to have no header.
    header = "" if len(names) == 1 else "\t".join(names) + "\n"
    path.mkdir()
    with (
        (path / "tensors.tsv").open("w", encoding="utf-8", newline="\n") as tensors,
        (path / "metadata.tsv").open("w", encoding="utf-8", newline="\n") as metadata,
    ):
        metadata.write(header)
        for batch in data.batches():
            tensors.writelines(row + "\n" for row in spelled(batch["embedding"], "\t"))
            cells = zip(*(_cells(batch[name]) for name in names), strict=True)
            metadata.writelines("\t".join(line) + "\n" for line in cells)


def _cells(column: Sequence[str] | np.ndarray) -> list[str]:
    if not isinstance(column, np.ndarray):
        return [re.sub(r"\s", " ", text) for text in column]
    return spelled(column)
