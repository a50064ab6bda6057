"""The files of a run: their names, atomic writes, and the manifest.

Layout (RUN/): manifest.json, config.toml, corpus.arrow, tokenizer/, language_model/, encoder/, embeddings.npy,
clusterer.safetensors, assignments.parquet, clusters.json, metrics.json, report.html, report.txt, map.png; tokens/, the
token numbers of the distinct texts, and bags.safetensors, the words of each; token_vectors.npy, float32 (vocabulary,
d), from which the language model starts; with a teacher instead of a language model teacher_embeddings.npy, float32
(distinct texts, its dimensions); hierarchy.safetensors and levels.parquet, clusters coarser and finer than those of the
clusterer; reducer.safetensors and coordinates.parquet, the map; words.parquet, the texts split into words, for
keywords; names.json, what a person changed; novelty/ and novelty.parquet, how odd texts are; robustness.json, if it
was measured.
"""

import errno
import json
import math
import os
import re
import shutil
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from textssl.errors import DataError, TextsslError, UsageError

if TYPE_CHECKING:
    import numpy as np

# Incremented when the meaning of a file changes, so that older folders are refused instead of misread.
FORMAT = 6


@dataclass(frozen=True)
class RunFolder:
    """The paths of a run; `root` need not exist.

    Attributes:
        root: the folder of the run.
    """

    root: Path

    manifest = property(lambda self: self.root / "manifest.json")
    config = property(lambda self: self.root / "config.toml")
    corpus = property(lambda self: self.root / "corpus.arrow")
    tokenizer = property(lambda self: self.root / "tokenizer")
    tokens = property(lambda self: self.root / "tokens")
    bags = property(lambda self: self.root / "bags.safetensors")
    words = property(lambda self: self.root / "words.parquet")
    language_model = property(lambda self: self.root / "language_model")
    encoder = property(lambda self: self.root / "encoder")
    token_vectors = property(lambda self: self.root / "token_vectors.npy")
    teacher_embeddings = property(lambda self: self.root / "teacher_embeddings.npy")
    embeddings = property(lambda self: self.root / "embeddings.npy")
    clusterer = property(lambda self: self.root / "clusterer.safetensors")
    assignments = property(lambda self: self.root / "assignments.parquet")
    reducer = property(lambda self: self.root / "reducer.safetensors")
    coordinates = property(lambda self: self.root / "coordinates.parquet")
    clusters = property(lambda self: self.root / "clusters.json")
    metrics = property(lambda self: self.root / "metrics.json")
    names = property(lambda self: self.root / "names.json")
    robustness = property(lambda self: self.root / "robustness.json")
    report = property(lambda self: self.root / "report.html")
    map = property(lambda self: self.root / "map.png")
    report_text = property(lambda self: self.root / "report.txt")

    def path(self, name: str) -> Path:
        """Return the path of an artefact by its attribute here, or else by the name of its file."""
        return getattr(self, name, self.root / name)


def language_model_folder(folder: str | Path) -> Path:
    """Return the folder of a run's language model, or `folder` itself if it is not a run."""
    inside = RunFolder(Path(folder)).language_model
    return inside if inside.is_dir() else Path(folder)


def encoder_folder(folder: str | Path) -> Path:
    """Return the folder of a run's encoder, or `folder` itself if it is not a run."""
    inside = RunFolder(Path(folder)).encoder
    return inside if inside.is_dir() else Path(folder)


def read_manifest(folder: RunFolder) -> dict[str, Any]:
    """Return the manifest of a run.

    Raises:
        DataError: if there is none, it is damaged, or it has another format.
    """
    try:
        manifest = read_json(folder.manifest)
    except (FileNotFoundError, NotADirectoryError):
        raise DataError(f"{folder.root} contains no run (no manifest.json): create one with textssl run") from None
    except DataError:
        damaged = f"{folder.manifest} is damaged: delete {folder.root} and run the same command again"
        raise DataError(damaged) from None
    if not isinstance(manifest, dict) or manifest.get("format") != FORMAT:
        found = manifest.get("format") if isinstance(manifest, dict) else None
        raise DataError(f"{folder.root} has format {found}, expected format {FORMAT}: run it again with this version")
    return manifest


def require_finished(folder: RunFolder) -> dict[str, Any]:
    """Return the manifest of a finished run; raise DataError if the run was interrupted."""
    manifest = read_manifest(folder)
    if not manifest.get("finished"):
        raise DataError(f"{folder.root} is incomplete: run the same textssl run command again to finish it")
    return manifest


def claim(root: str | Path) -> RunFolder:
    """Return the folder for a run that starts or continues; create it if necessary.

    Args:
        root: a new or empty folder, or that of a run.

    Raises:
        UsageError: if `root` is a file, or contains other files.
    """
    folder = RunFolder(Path(root))
    if folder.root.exists() and not folder.root.is_dir():
        raise UsageError(f"{root} is a file: --out expects a folder")
    if folder.manifest.exists():
        return folder
    if folder.root.exists() and any(not name.name.endswith(".part") for name in folder.root.iterdir()):
        raise UsageError(f"{root} is not empty and contains no run: choose another --out")
    with clear_os_errors(folder.root):
        folder.root.mkdir(parents=True, exist_ok=True)
    return folder


def write_manifest(folder: RunFolder, manifest: dict[str, Any]) -> None:
    """Write the manifest, atomically."""
    write_json(folder.manifest, manifest)


def read_json(path: Path) -> Any:
    """Read a JSON file of a run; raise DataError if it is damaged."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (json.JSONDecodeError, UnicodeDecodeError):
        raise DataError(f"{path} is damaged: delete it and run the same command again") from None


def write_json(path: Path, value: Any) -> None:
    """Write JSON, atomically; NaN and infinity become null."""
    text = json.dumps(finite(value), ensure_ascii=False, indent=2, allow_nan=False) + "\n"
    write_whole(path, lambda part: part.write_text(text, encoding="utf-8"))


def finite(value: Any) -> Any:
    """Return a value of JSON types with None for NaN and infinity, which JSON cannot express."""
    if isinstance(value, dict):
        return {key: finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [finite(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def write_whole(path: Path, write: Callable[[Path], object]) -> None:
    """Write a file or folder atomically: call `write` on a temporary path, then move the result to `path`.

    If the disk is full, `path` is unchanged and nothing is left; what a killed process leaves ends in ``.part`` and is
    replaced by the next write.

    Args:
        path: the file or folder to write.
        write: writes to the path that it is called with.

    Raises:
        DataError: if the disk is full or `path` cannot be written.
        UsageError: if `path` is a folder with files that `write` does not create.
    """
    part = path.parent / f"{path.name}.part"
    with clear_os_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        _remove(part)
        try:
            write(part)
            for written in [part, *part.rglob("*")] if part.is_dir() else [part]:
                _flush(written)
            if path.is_dir():
                _refuse_loss(path, part)
                _remove(path)
            os.replace(part, path)
        except BaseException:
            _remove(part)
            raise
        _flush(path.parent)


def new_array(path: Path, shape: tuple[int, int]) -> "np.memmap":
    """Return a new float32 .npy file of `shape` as a writable memory map.

    Its disk space is allocated first: on a full disk, writing to the map would end the process with a bus error.
    """
    import numpy as np

    array = np.lib.format.open_memmap(path, mode="w+", dtype=np.float32, shape=shape)
    if hasattr(os, "posix_fallocate"):
        with path.open("r+b") as file:
            os.posix_fallocate(file.fileno(), 0, path.stat().st_size)
    return array


def sweep(folder: RunFolder) -> None:
    """Remove what interrupted writes and trainings have left."""
    for pattern in ("*.part", "*.checkpoint", ".tmp*"):  # safetensors writes to .tmp files
        discard(folder.root.glob(pattern))


def discard(paths: Iterable[Path]) -> None:
    """Remove files and folders; those that do not exist are ignored."""
    for path in paths:
        with clear_os_errors(path):
            _remove(path)


@contextmanager
def clear_os_errors(path: Path) -> Iterator[None]:
    """Turn the operating system's errors while writing `path` into a DataError of one line."""
    try:
        yield
    except TextsslError:
        raise
    except Exception as error:
        number = _error_number(error)
        if number is None and not isinstance(error, OSError):
            raise
        if number in (errno.ENOSPC, errno.EDQUOT):
            raise DataError(f"the disk is full, {path} was not written: free some space and run again") from None
        raise DataError(f"cannot write {path}: {os.strerror(number) if number else error}") from None


def _error_number(error: Exception) -> int | None:
    """Return the system's number of an error; libraries in Rust (safetensors, tokenizers) put it in the message."""
    if isinstance(error, OSError):
        return error.errno
    found = re.search(r"\(os error (\d+)\)", str(error))
    return int(found[1]) if found else None


def _refuse_loss(path: Path, part: Path) -> None:
    """Raise UsageError if the folder `path` contains anything that its replacement `part` does not."""
    kept = {entry.name for entry in part.iterdir()} if part.is_dir() else set()
    if not part.is_dir() or any(entry.name not in kept for entry in path.iterdir()):
        raise UsageError(f"{path} is a folder with other files: choose another name, nothing was written")


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def _flush(path: Path) -> None:
    """Flush a file, or the names in a folder, to disk, so that the rename does not come first."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
