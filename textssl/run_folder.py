"""The artefacts of a run on disk: their names, how they are written whole or not at all, and the manifest.

Layout (RUN/): manifest.json, config.toml, corpus.arrow, tokenizer/, language_model/, encoder/, embeddings.npy,
clusterer.safetensors, assignments.parquet, clusters.json, metrics.json, report.html, report.txt, map.png. Where vectors
and groups can be tuned together, also what tuning starts from, so that other groups need no other encoder:
untuned_encoder/, and with a ready-made encoder teacher_embeddings.npy, float32 (distinct texts, its dimensions).
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

# Raised when a file of the layout changes its meaning, so that an older folder is refused, not misread.
FORMAT = 4


@dataclass(frozen=True)
class RunFolder:
    """Paths of one run; `root` need not exist yet."""

    root: Path

    manifest = property(lambda self: self.root / "manifest.json")
    config = property(lambda self: self.root / "config.toml")
    corpus = property(lambda self: self.root / "corpus.arrow")
    tokenizer = property(lambda self: self.root / "tokenizer")
    language_model = property(lambda self: self.root / "language_model")
    encoder = property(lambda self: self.root / "encoder")
    untuned_encoder = property(lambda self: self.root / "untuned_encoder")
    teacher_embeddings = property(lambda self: self.root / "teacher_embeddings.npy")
    embeddings = property(lambda self: self.root / "embeddings.npy")
    clusterer = property(lambda self: self.root / "clusterer.safetensors")
    assignments = property(lambda self: self.root / "assignments.parquet")
    clusters = property(lambda self: self.root / "clusters.json")
    metrics = property(lambda self: self.root / "metrics.json")
    report = property(lambda self: self.root / "report.html")
    map = property(lambda self: self.root / "map.png")
    report_text = property(lambda self: self.root / "report.txt")


def language_model_folder(folder: str | Path) -> Path:
    """Return the language model's folder in a run, or `folder` itself if it is one."""
    inside = RunFolder(Path(folder)).language_model
    return inside if inside.is_dir() else Path(folder)


def encoder_folder(folder: str | Path) -> Path:
    """Return the encoder's folder in a run, or `folder` itself if it is one."""
    inside = RunFolder(Path(folder)).encoder
    return inside if inside.is_dir() else Path(folder)


def read_manifest(folder: RunFolder) -> dict[str, Any]:
    """Return the manifest of a run.

    Raises:
        DataError: if there is none, it is damaged, or it was written in another format.
    """
    try:
        manifest = read_json(folder.manifest)
    except (FileNotFoundError, NotADirectoryError):
        raise DataError(f"{folder.root} holds no run (no manifest.json): make one with textssl run") from None
    except DataError:
        damaged = f"{folder.manifest} is damaged: delete {folder.root} and give the same command again"
        raise DataError(damaged) from None
    if not isinstance(manifest, dict) or manifest.get("format") != FORMAT:
        found = manifest.get("format") if isinstance(manifest, dict) else None
        raise DataError(f"{folder.root} has format {found}, this textssl reads format {FORMAT}: run it again")
    return manifest


def require_finished(folder: RunFolder) -> dict[str, Any]:
    """Return the manifest of a run that ended; raise DataError if it was cut off."""
    manifest = read_manifest(folder)
    if not manifest.get("finished"):
        raise DataError(f"{folder.root} is half-written: give the same textssl run command again to finish it")
    return manifest


def claim(root: str | Path) -> RunFolder:
    """Return the folder of a run that may start or go on: new, empty, or with a manifest.

    Raises:
        UsageError: if `root` is a file, or holds other files.
    """
    folder = RunFolder(Path(root))
    if folder.root.exists() and not folder.root.is_dir():
        raise UsageError(f"{root} is a file: --out expects a folder")
    if folder.manifest.exists():
        return folder
    if folder.root.exists() and any(not name.name.endswith(".part") for name in folder.root.iterdir()):
        raise UsageError(f"{root} is not empty and holds no run: choose another --out")
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
        raise DataError(f"{path} is damaged: delete it and give the same command again") from None


def write_json(path: Path, value: Any) -> None:
    """Write JSON, atomically; a number that is not finite becomes null, as JSON has no other word for it."""
    text = json.dumps(finite(value), ensure_ascii=False, indent=2, allow_nan=False) + "\n"
    write_whole(path, lambda part: part.write_text(text, encoding="utf-8"))


def finite(value: Any) -> Any:
    """Return a value of JSON types with None for NaN and infinity, which JSON cannot express."""
    if isinstance(value, dict):
        return {key: finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [finite(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def write_whole(path: Path, write: Callable[[Path], Any]) -> None:
    """Call `write` on a path beside `path`, then move the file or folder it made into place.

    A full disk leaves `path` as it was and nothing beside it; what a kill leaves half-written ends in ``.part`` and
    is replaced next time.

    Raises:
        DataError: if the disk is full or the place cannot be written.
        UsageError: if `path` is a folder that holds what `write` does not make.
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
    """Return a float32 .npy file of `shape` as a memory map to write to.

    Its room on the disk is taken first: a disk that fills up later would end the process with a bus error.
    """
    import numpy as np

    array = np.lib.format.open_memmap(path, mode="w+", dtype=np.float32, shape=shape)
    if hasattr(os, "posix_fallocate"):
        with path.open("r+b") as file:
            os.posix_fallocate(file.fileno(), 0, path.stat().st_size)
    return array


def sweep(folder: RunFolder) -> None:
    """Remove what was left of writes and trainings that were cut off."""
    for pattern in ("*.part", "*.checkpoint", ".tmp*"):  # safetensors writes to .tmp files
        discard(folder.root.glob(pattern))


def discard(paths: Iterable[Path]) -> None:
    """Remove files and folders; those that are not there are passed over."""
    for path in paths:
        with clear_os_errors(path):
            _remove(path)


@contextmanager
def clear_os_errors(path: Path) -> Iterator[None]:
    """Turn the operating system's refusals while writing `path` into one clear line."""
    try:
        yield
    except TextsslError:
        raise
    except Exception as error:
        number = _error_number(error)
        if number is None and not isinstance(error, OSError):
            raise
        if number in (errno.ENOSPC, errno.EDQUOT):
            raise DataError(f"the disk is full, {path} was not written: free space, then run again") from None
        raise DataError(f"cannot write {path}: {os.strerror(number) if number else error}") from None


def _error_number(error: Exception) -> int | None:
    """Return the system's number of an error; libraries in Rust (safetensors, tokenizers) tell it in their text."""
    if isinstance(error, OSError):
        return error.errno
    told = re.search(r"\(os error (\d+)\)", str(error))
    return int(told[1]) if told else None


def _refuse_loss(path: Path, part: Path) -> None:
    """Refuse to put `part` in the place of a folder with anything that `part` does not hold."""
    holds = {entry.name for entry in part.iterdir()} if part.is_dir() else set()
    if not part.is_dir() or any(entry.name not in holds for entry in path.iterdir()):
        raise UsageError(f"{path} is a folder of other files: choose another name, nothing was written")


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def _flush(path: Path) -> None:
    """Force a file's bytes, or a folder's names, to the disk before the rename makes them count."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
