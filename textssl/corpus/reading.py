"""Reading a corpus from whatever holds texts: files, folders, standard input, the Hub, objects in memory."""

import os
import re
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from shutil import copyfileobj
from typing import Any

from textssl.corpus import arrow_readers, collecting, table_readers, text_readers
from textssl.corpus.corpus import Corpus
from textssl.corpus.files import clear_read_errors
from textssl.corpus.records import Record, not_text, refuse_columns
from textssl.corpus.settings import CorpusSettings
from textssl.errors import DataError
from textssl.run_folder import clear_os_errors

FILE_READERS: dict[str, Callable[[Path, CorpusSettings], Iterator[Record]]] = {
    ".txt": text_readers.read_lines,
    ".csv": table_readers.read_csv,
    ".tsv": table_readers.read_tsv,
    ".jsonl": table_readers.read_json_lines,
    ".json": table_readers.read_json,
    ".parquet": table_readers.read_parquet,
}

# Objects in memory, by the module and class to look for: none is imported just to find that it is not meant.
OBJECT_READERS: dict[tuple[str, str], Callable[[Any, CorpusSettings, str], Iterator[Record]]] = {
    ("pandas", "DataFrame"): arrow_readers.read_frame,
    ("pandas", "Series"): arrow_readers.read_series,
    ("pyarrow", "Table"): arrow_readers.read_arrow_table,
    ("pyarrow", "Array"): arrow_readers.read_arrow_array,
    ("pyarrow", "ChunkedArray"): arrow_readers.read_arrow_array,
    ("datasets", "Dataset"): arrow_readers.read_dataset,
    ("datasets", "DatasetDict"): arrow_readers.read_splits,
}

_HUB_NAME = re.compile(r"[\w.-]+/[\w.-]+")


def read_corpus(
    source: Any, settings: CorpusSettings | None = None, lang: str = "en", cache: Path | None = None
) -> Corpus:
    """Read, clean and de-duplicate the texts of `source`; row i of the corpus is row i of the source.

    Args:
        source: a path (.txt .csv .tsv .jsonl .json .parquet, each also .gz; a folder of text files or one that
            `datasets` saved), ``"-"`` for standard input, the name of a dataset on the Hub (``owner/name``), a list
            of str, a pandas Series or DataFrame, a pyarrow Array or Table, or a `datasets.Dataset`.
        settings: columns, unit and encoding.
        lang: language code, for sentences.
        cache: Arrow file to stream the corpus to, for one larger than memory; it comes back memory-mapped.

    Raises:
        DataError: if the source cannot be read, or holds no texts.
        UsageError: if a column, an encoding or a language is named that does not exist.
    """
    settings = settings or CorpusSettings()
    name, records = _open_source(source, settings)
    if cache is None:
        return collecting.collect(records, settings, lang, name)
    collecting.write(records, settings, lang, name, Path(cache))
    return open_corpus(cache)


def open_corpus(cache: Path) -> Corpus:
    """Return the corpus that `read_corpus` wrote to `cache`, memory-mapped.

    Raises:
        DataError: if there is none, or it is damaged.
    """
    return collecting.load(Path(cache))


def _open_source(source: Any, settings: CorpusSettings) -> tuple[str, Iterator[Record]]:
    """Return what to call the source, and its records."""
    if isinstance(source, str | Path):
        return _open_named(str(source), settings)
    name = f"the {type(source).__name__} given"
    if isinstance(source, list | tuple):
        return name, _read_list(source, settings, name)
    for (module, kind), read in OBJECT_READERS.items():
        if module in sys.modules and isinstance(source, getattr(sys.modules[module], kind, ())):
            return name, read(source, settings, name)
    raise DataError(
        f"{name} is no source of texts: expected a path, a list of str, a pandas Series or DataFrame, "
        "a pyarrow Array or Table, or a datasets.Dataset"
    )


def _open_named(source: str, settings: CorpusSettings) -> tuple[str, Iterator[Record]]:
    path = Path(source)
    if source == "-":
        return "standard input", _read_standard_input(settings)
    if os.path.isdir(source):
        saved = (path / "state.json").exists() or (path / "dataset_dict.json").exists()
        return source, _read_saved(path, settings) if saved else text_readers.read_documents(path, settings)
    if os.path.exists(source):
        return source, _read_file(path, settings)
    if _HUB_NAME.fullmatch(source) and not os.path.exists(path.parent) and _suffix(path) not in FILE_READERS:
        return source, _read_hub(source, settings)
    shown = source if len(source) < 200 else f"{source[:200]}…"
    raise DataError(f"there is no file or folder {shown!r}: expected a path, '-', or owner/name of a dataset")


def _suffix(path: Path) -> str:
    return (path.with_suffix("") if path.suffix == ".gz" else path).suffix.lower()


def _read_file(path: Path, settings: CorpusSettings) -> Iterator[Record]:
    suffix = _suffix(path)
    if suffix not in FILE_READERS:
        known = " ".join(FILE_READERS)
        raise DataError(f"{path} is of no kind that is read, expected {known} (each also .gz): convert or rename it")
    with clear_read_errors(path):
        if not path.stat().st_size:
            raise DataError(f"{path} is empty: expected texts")
    return FILE_READERS[suffix](path, settings)


def _read_list(texts: list[Any] | tuple[Any, ...], settings: CorpusSettings, name: str) -> Iterator[Record]:
    refuse_columns(settings, name)
    for index, text in enumerate(texts):
        if not isinstance(text, str):
            raise not_text(text, f"item {index} of {name}")
        yield Record(text)


def _read_standard_input(settings: CorpusSettings) -> Iterator[Record]:
    """Yield the lines of standard input, by way of a file: its encoding is found out before it is read."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "standard input")
        with clear_os_errors(path), path.open("wb") as file:
            copyfileobj(sys.stdin.buffer, file)
        yield from text_readers.read_lines(path, settings)


def _read_saved(folder: Path, settings: CorpusSettings) -> Iterator[Record]:
    import datasets

    try:
        saved = datasets.load_from_disk(str(folder))
    except Exception as error:  # whatever it stumbles on, the folder is not whole
        raise DataError(f"{folder} is not a whole dataset folder: {_first_line(error)}") from None
    return _read_loaded(saved, settings, str(folder))


def _read_hub(name: str, settings: CorpusSettings) -> Iterator[Record]:
    import datasets
    from huggingface_hub.utils import logging as hub_logging

    verbosity = hub_logging.get_verbosity()
    hub_logging.set_verbosity_error()  # without a network it warns of each of its attempts
    try:
        loaded = datasets.load_dataset(name)
    except Exception as error:  # the network, the Hub or the dataset's own files: each with errors of its own
        raise DataError(f"there is no file {name}, and no dataset of this name came: {_first_line(error)}") from None
    finally:
        hub_logging.set_verbosity(verbosity)
    return _read_loaded(loaded, settings, name)


def _read_loaded(loaded: Any, settings: CorpusSettings, name: str) -> Iterator[Record]:
    import datasets

    read = arrow_readers.read_splits if isinstance(loaded, datasets.DatasetDict) else arrow_readers.read_dataset
    return read(loaded, settings, name)


def _first_line(error: Exception) -> str:
    return f"{type(error).__name__}: {error}".splitlines()[0]
