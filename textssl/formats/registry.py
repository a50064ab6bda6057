"""The formats by name, `export`, and `read_embeddings`, which reads embeddings back."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from textssl.errors import DataError, UsageError, lookup
from textssl.formats.csv import read_csv, write_csv
from textssl.formats.jsonl import read_jsonl, write_jsonl
from textssl.formats.npy import read_npy, write_npy
from textssl.formats.parquet import read_parquet, write_parquet
from textssl.formats.projector import write_projector
from textssl.formats.spreadsheet import write_spreadsheet
from textssl.results import BATCH, Results
from textssl.run_folder import write_whole


class Format(NamedTuple):
    """A format of files.

    Attributes:
        write: writes all columns of results to a path.
        read: reads the embeddings back, (n, d); None if they cannot be.
        is_suffix: whether its name is also the suffix of its files.
        columns: the columns it writes unless others are named; empty for all.
        required: columns it always writes.
    """

    write: Callable[[Results, Path], None]
    read: Callable[[Path], np.ndarray] | None = None
    is_suffix: bool = True
    columns: tuple[str, ...] = ()
    required: tuple[str, ...] = ()


FORMATS = {
    "npy": Format(write_npy, read_npy, columns=("embedding",)),
    "parquet": Format(write_parquet, read_parquet),
    "jsonl": Format(write_jsonl, read_jsonl),
    "csv": Format(write_csv, read_csv),
    "spreadsheet": Format(write_spreadsheet, is_suffix=False),
    "projector": Format(write_projector, required=("embedding",)),
}


def export(results: Results, format: str, path: str | Path, columns: Sequence[str] | None = None) -> Path:
    """Write `results` to `path` completely or, on failure, not at all; return the path.

    Args:
        results: the table to write.
        format: "npy", "parquet", "jsonl", "csv", "spreadsheet" (a CSV that is safe to open in Excel) or "projector"
            (the folder of TensorBoard's embedding projector).
        path: the file or folder to write.
        columns: names of the columns to write, in this order; None for all of them, or the embeddings for "npy".
            "projector" always adds the embeddings.

    Raises:
        UsageError: if there is no such format or column, or "npy" is given several columns.
        DataError: if the format needs embeddings and there are none, or `path` cannot be written.
    """
    selected = _select(results, format, columns)
    write_whole(Path(path), lambda part: FORMATS[format].write(selected, part))
    return Path(path)


def format_of(path: str | Path) -> str:
    """Return the format that the suffix of `path` names; raise UsageError if it names none."""
    suffix = Path(path).suffix.lower()
    if suffix not in suffixes():
        raise UsageError(f"the suffix of {path} names no format: expected one of {', '.join(suffixes())}")
    return suffix.removeprefix(".")


def suffixes(readable: bool = False) -> list[str]:
    """Return the suffixes that name a format, or only those of formats that `read_embeddings` reads."""
    return [f".{name}" for name, format in FORMATS.items() if format.is_suffix and (format.read or not readable)]


def read_embeddings(path: str | Path) -> np.ndarray:
    """Return the embeddings in a file that `export` wrote, or in any .npy file, as (n, d) float32.

    A float32 .npy file is memory-mapped.

    Raises:
        UsageError: if the suffix names no format that can be read.
        DataError: if the file cannot be read, or does not hold a matrix of finite numbers.
    """
    path = Path(path)
    read = FORMATS[format_of(path)].read
    if read is None:
        readable = ", ".join(suffixes(readable=True))
        raise UsageError(f"{path} cannot be read back: expected a file ending in one of {readable}")
    try:
        embeddings = read(path)
    except OSError as error:
        raise DataError(f"cannot read {path}: {error.strerror or error}") from None
    except (ValueError, EOFError) as error:  # UnicodeDecodeError and Arrow's errors among them
        reason = str(error).splitlines()[0].rstrip(".")
        raise DataError(f"{path} contains no embeddings: {reason}; export them again or give another file") from None
    return _checked(embeddings, path)


def _select(results: Results, format: str, columns: Sequence[str] | None) -> Results:
    """Return the columns to write: those named, or else the format's, and those it requires."""
    entry = lookup(FORMATS, format, "export format")
    for name in (*entry.required, *(entry.columns if columns is None else ())):
        if name not in results.column_names:
            raise DataError(f"{format} needs the column {name!r}, which these results lack: choose another format")
    selected = results.select(columns if columns is not None else entry.columns or results.column_names)
    return results.select([*selected.column_names, *entry.required])


def _checked(embeddings: np.ndarray, path: Path) -> np.ndarray:
    if embeddings.ndim != 2:
        raise DataError(f"{path} has shape {embeddings.shape}, expected (texts, dimensions): one vector per text")
    if embeddings.dtype.kind not in "fiu":
        raise DataError(f"{path} has type {embeddings.dtype}, expected numbers: save the vectors as float32")
    for start in range(0, len(embeddings), BATCH):
        finite = np.isfinite(embeddings[start : start + BATCH]).all(axis=1)
        if not finite.all():
            row = start + int(np.argmin(finite))
            raise DataError(f"{path} has NaN or infinity in row {row}: embed that text again")
    return embeddings.astype(np.float32, copy=False)
