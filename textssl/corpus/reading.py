"""Reading a corpus from whatever holds texts: files, folders, standard input, the Hub, objects in memory."""

import os
import re
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path
from shutil import copyfileobj
from typing import Any

from textssl.corpus import arrow_readers, build
from textssl.corpus.build import Source
from textssl.corpus.corpus import Corpus
from textssl.corpus.file_readers import is_readable, read_file
from textssl.corpus.folders import files_below, read_in_folder
from textssl.corpus.records import Rows, in_blocks, refuse_columns
from textssl.corpus.settings import CorpusSettings
from textssl.corpus.text_readers import read_lines
from textssl.errors import DataError, UsageError
from textssl.language.texts import iterate_texts
from textssl.run_folder import clear_os_errors

# Tables in memory, by the module and class to look for: none is imported just to find that it is not meant.
TABLE_READERS: dict[tuple[str, str], Callable[[Any, CorpusSettings, str, list[str]], Iterator[Rows]]] = {
    ("pandas", "DataFrame"): arrow_readers.read_frame,
    ("pyarrow", "Table"): arrow_readers.read_arrow_table,
    ("datasets", "Dataset"): arrow_readers.read_dataset,
    ("datasets", "DatasetDict"): arrow_readers.read_splits,
    ("datasets", "IterableDataset"): arrow_readers.read_stream,
    ("datasets", "IterableDatasetDict"): arrow_readers.read_splits,
}

_HUB_NAME = re.compile(r"[\w.-]+/[\w.-]+")

_TAKEN = re.compile(r"(input_)*source")

# A name, and the function that reads the rows.
Part = tuple[str, Callable[[], Iterator[Rows]]]


def read_corpus(
    source: Any,
    settings: CorpusSettings | None = None,
    lang: str = "en",
    cache: Path | None = None,
    need_texts: bool = True,
) -> Corpus:
    """Read, clean and de-duplicate the texts of `source`; row i of the corpus is row i of the source.

    Args:
        source: a path (.txt .md .csv .tsv .jsonl .json .parquet .xlsx, also compressed; a folder of such files or one
            that `datasets` saved), ``"-"`` for standard input, the name of a dataset on the Hub (``owner/name``), a
            list of `Path` for several of these, texts in memory (a list of str, a generator, a NumPy array, a pandas
            Series or Index, a pyarrow Array, a column of a dataset), a pandas DataFrame, a pyarrow Table, or a
            `datasets.Dataset`, streamed or not.
        settings: columns, unit, encoding and cleaning.
        lang: language code, for sentences.
        cache: Arrow file to stream the corpus to, for one larger than memory; it comes back memory-mapped.
        need_texts: whether a source without a single text is an error.

    Raises:
        DataError: if the source cannot be read, or holds no texts.
        UsageError: if a column, an encoding or a language is named that does not exist.
    """
    settings = settings or CorpusSettings()
    opened = _open_source(source, settings)
    if cache is None:
        return build.build(opened, settings, lang, need_texts)
    build.write(opened, settings, lang, Path(cache), need_texts)
    return open_corpus(cache)


def open_corpus(cache: Path) -> Corpus:
    """Return the corpus that `read_corpus` wrote to `cache`, memory-mapped.

    Raises:
        DataError: if there is none, or it is damaged.
    """
    return build.load(Path(cache))


def _open_source(source: Any, settings: CorpusSettings) -> Source:
    notes: list[str] = []
    if isinstance(source, str | Path):
        return _open_named([str(source)], settings, notes)
    if isinstance(source, list | tuple) and source:
        if all(isinstance(item, Path) for item in source):
            return _open_named([str(item) for item in source], settings, notes)
        if all(isinstance(item, str | Path) and is_readable(Path(item)) and os.path.isfile(item) for item in source):
            raise UsageError(f"a list of str means texts, but these are names of files: give [Path({source[0]!r}), …]")
    name = f"the {type(source).__name__} given"
    if read := _table_reader(source):
        return Source(name, read(source, settings, name, notes), notes)
    if not isinstance(source, Iterable):
        raise DataError(f"{name} is no source of texts: expected a path, a list of str, or a table")
    refuse_columns(settings, name)
    blocks = in_blocks(iterate_texts(source, name), len)
    return Source(name, (Rows(texts, [None] * len(texts)) for texts in blocks), notes)


def _table_reader(source: Any) -> Callable[[Any, CorpusSettings, str, list[str]], Iterator[Rows]] | None:
    for (module, kind), read in TABLE_READERS.items():
        if module in sys.modules and isinstance(source, getattr(sys.modules[module], kind, ())):
            return read
    return None


def _open_named(sources: list[str], settings: CorpusSettings, notes: list[str]) -> Source:
    """Open files, folders, datasets or standard input, to be read one after another."""
    parts = [part for source in sources for part in _parts_of(source, len(sources) == 1, settings, notes)]
    name = "standard input" if sources[0] == "-" else sources[0]
    if len(sources) > 1:
        name += f" and {len(sources) - 1} more"
    if len(parts) == 1:
        return Source(name, parts[0][1](), notes)
    return Source(name, (_with_source(rows, part) for part, read in parts for rows in read()), notes)


def _parts_of(source: str, alone: bool, settings: CorpusSettings, notes: list[str]) -> Iterator[Part]:
    """Yield the parts of a named source: one per file for a folder, otherwise one."""
    path = Path(source)
    if source == "-":
        yield "standard input", partial(_read_standard_input, settings, notes)
    elif os.path.isdir(source):
        if (path / "state.json").exists() or (path / "dataset_dict.json").exists():
            yield source, partial(_read_saved, path, settings, notes)
            return
        for file in files_below(path, settings, notes):
            name = file.relative_to(path) if alone else file
            yield name.as_posix(), partial(read_in_folder, file, settings, notes)
    elif os.path.exists(source):
        yield source, partial(read_file, path, settings, notes)
    elif _HUB_NAME.fullmatch(source) and not os.path.exists(path.parent) and not is_readable(path):
        yield source, partial(_read_hub, source, settings, notes)
    else:
        shown = source if len(source) < 200 else f"{source[:200]}…"
        raise DataError(
            f"there is no file or folder {shown!r}: expected a path, '-', or owner/name of a dataset; "
            "texts go into a list"
        )


def _with_source(rows: Rows, name: str) -> Rows:
    """Add a column `source`; a column of that name in the input becomes `input_source`."""
    import pyarrow as pa

    columns: dict[str, pa.Array] = {"source": pa.repeat(name, len(rows.texts))}
    if rows.others is not None:
        for column, values in zip(rows.others.schema.names, rows.others.columns, strict=True):
            columns[f"input_{column}" if _TAKEN.fullmatch(column) else column] = values
    return rows._replace(others=pa.RecordBatch.from_arrays(list(columns.values()), names=list(columns)))


def _read_standard_input(settings: CorpusSettings, notes: list[str]) -> Iterator[Rows]:
    """Yield the lines of standard input, by way of a file: its encoding is found out before it is read."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "standard input")
        with clear_os_errors(path), path.open("wb") as file:
            copyfileobj(sys.stdin.buffer, file)
        yield from read_lines(path, settings, notes)


def _read_saved(folder: Path, settings: CorpusSettings, notes: list[str]) -> Iterator[Rows]:
    import datasets

    try:
        saved = datasets.load_from_disk(str(folder))
    except Exception as error:  # whatever it stumbles on, the folder is not whole
        raise DataError(f"{folder} is not a whole dataset folder: {_first_line(error)}") from None
    return _read_loaded(saved, settings, str(folder), notes)


def _read_hub(name: str, settings: CorpusSettings, notes: list[str]) -> Iterator[Rows]:
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
    return _read_loaded(loaded, settings, name, notes)


def _read_loaded(loaded: Any, settings: CorpusSettings, name: str, notes: list[str]) -> Iterator[Rows]:
    import datasets

    read = arrow_readers.read_splits if isinstance(loaded, datasets.DatasetDict) else arrow_readers.read_dataset
    return read(loaded, settings, name, notes)


def _first_line(error: Exception) -> str:
    return f"{type(error).__name__}: {error}".splitlines()[0]
