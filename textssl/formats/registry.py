"""Every format by its name, which for most is also the suffix of their files."""

from collections.abc import Callable
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
    """How results are written, how their embeddings are read back, and whether its name is the suffix of its files."""

    write: Callable[[Results, Path], None]
    read: Callable[[Path], np.ndarray] | None = None
    is_suffix: bool = True


FORMATS = {
    "npy": Format(write_npy, read_npy),
    "parquet": Format(write_parquet, read_parquet),
    "jsonl": Format(write_jsonl, read_jsonl),
    "csv": Format(write_csv, read_csv),
    "spreadsheet": Format(write_spreadsheet, is_suffix=False),
    "projector": Format(write_projector),
}
_SUFFIXES = {name: format for name, format in FORMATS.items() if format.is_suffix}
_READABLE = [f".{name}" for name, format in _SUFFIXES.items() if format.read]


def export(data: Results, format: str, path: str | Path) -> Path:
    """Write `data` to `path`, whole or not at all; return the path (a folder for the projector).

    Raises:
        UsageError: if no format is called `format`.
        DataError: if the format needs embeddings and there are none, or the place cannot be written.
    """
    write = lookup(FORMATS, format, "export format").write
    write_whole(Path(path), lambda part: write(data, part))
    return Path(path)


def format_of(path: str | Path) -> str:
    """Return the format that the suffix of `path` names.

    Raises:
        UsageError: if it names none.
    """
    format = Path(path).suffix.lower().removeprefix(".")
    if format not in _SUFFIXES:
        valid = ", ".join(f".{name}" for name in _SUFFIXES)
        raise UsageError(f"the name {path} does not say its format: let it end in one of {valid}")
    return format


def read_embeddings(path: str | Path) -> np.ndarray:
    """Return the embeddings, (n, d) float32, that a file written by `export`, or any .npy, holds.

    A float32 .npy stays a memory map.

    Raises:
        UsageError: if the suffix names no format that is read.
        DataError: if the file cannot be read, or is not a table of finite numbers.
    """
    path = Path(path)
    read = FORMATS[format_of(path)].read
    if read is None:
        raise UsageError(f"{path} cannot be read back: give a file that ends in one of {', '.join(_READABLE)}")
    try:
        embeddings = read(path)
    except OSError as error:
        raise DataError(f"cannot read {path}: {error.strerror or error}") from None
    except (ValueError, EOFError) as error:  # UnicodeDecodeError and Arrow's errors among them
        reason = str(error).splitlines()[0].rstrip(".")
        raise DataError(f"{path} holds no embeddings: {reason}; export them again, or name another file") from None
    return _checked(embeddings, path)


def _checked(embeddings: np.ndarray, path: Path) -> np.ndarray:
    if embeddings.ndim != 2:
        raise DataError(f"{path} has shape {embeddings.shape}, expected (texts, dimensions): one vector for each text")
    if embeddings.dtype.kind not in "fiu":
        raise DataError(f"{path} holds {embeddings.dtype}, expected numbers: save the vectors as float32")
    for start in range(0, len(embeddings), BATCH):
        finite = np.isfinite(embeddings[start : start + BATCH]).all(axis=1)
        if not finite.all():
            row = start + int(np.argmin(finite))
            raise DataError(f"{path} has NaN or infinity in row {row}: embed that text again")
    return embeddings.astype(np.float32, copy=False)
