"""Reading a corpus from any source of texts: files, folders, standard input, the Hub, objects in memory."""

import os
import re
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path
from shutil import copyfileobj
from typing import TYPE_CHECKING, Any, TypeAlias, Union

from textssl.corpus import build
from textssl.corpus.build import Source
from textssl.corpus.corpus import Corpus
from textssl.corpus.readers import arrow
from textssl.corpus.readers.registry import Reader, read_file, reader_of_name
from textssl.corpus.readers.text import read_lines
from textssl.corpus.records import Rows, in_blocks, refuse_columns
from textssl.corpus.settings import CorpusSettings
from textssl.errors import DataError, UsageError
from textssl.language.texts import iterate_texts
from textssl.run_folder import clear_os_errors

if TYPE_CHECKING:
    import datasets
    import pandas as pd
    import pyarrow as pa

TextSource: TypeAlias = Union[
    str,
    Path,
    Iterable[object],
    "pa.Array",
    "pa.ChunkedArray",
    "pa.Table",
    "pd.DataFrame",
    "datasets.Dataset",
    "datasets.DatasetDict",
]
ReadTable: TypeAlias = Callable[[Any, CorpusSettings, str, list[str]], Iterator[Rows]]

# Readers of tables in memory by the module and name of their class, so that no library is imported just for a check.
TABLE_READERS: dict[tuple[str, str], ReadTable] = {
    ("pandas", "DataFrame"): arrow.read_frame,
    ("pyarrow", "Table"): arrow.read_arrow_table,
    ("datasets", "Dataset"): arrow.read_dataset,
    ("datasets", "DatasetDict"): arrow.read_splits,
    ("datasets", "IterableDataset"): arrow.read_stream,
    ("datasets", "IterableDatasetDict"): arrow.read_splits,
}

_HUB_NAME = re.compile(r"[\w.-]+/[\w.-]+")
_TAKEN = re.compile(r"(input_)*source")

# A name, and the function that reads the rows.
_Part: TypeAlias = tuple[str, Callable[[], Iterator[Rows]]]


def read_corpus(
    source: TextSource,
    settings: CorpusSettings | None = None,
    lang: str = "en",
    cache: Path | None = None,
    need_texts: bool = True,
) -> Corpus:
    """Read, clean and de-duplicate the texts of `source`; row i of the corpus is row i of the source.

    Args:
        source: a path (.txt .md .csv .tsv .jsonl .json .parquet .xlsx, also compressed; a folder of such files, or one
            that `datasets` saved); ``"-"`` for standard input; the name of a dataset on the Hub (``owner/name``); a
            list of `Path` for several of these; texts in memory (a list of str, a generator, a NumPy array, a pandas
            Series or Index, a pyarrow Array, a column of a dataset); a pandas DataFrame; a pyarrow Table; or a
            `datasets.Dataset`, streamed or not.
        settings: columns, unit, encoding and cleaning; None takes the defaults.
        lang: language code, used to split sentences.
        cache: an Arrow file to stream the corpus to, for corpora larger than memory; the result is memory-mapped.
        need_texts: whether a source with no texts is an error.

    Raises:
        DataError: if the source cannot be read, or has no texts.
        UsageError: if a named column, encoding or language does not exist.
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


def _open_source(source: TextSource, settings: CorpusSettings) -> Source:
    notes: list[str] = []
    if isinstance(source, str | Path):
        return _open_named([str(source)], settings, notes)
    if isinstance(source, list | tuple) and source:
        if all(isinstance(item, Path) for item in source):
            return _open_named([str(item) for item in source], settings, notes)
        if all(isinstance(item, str | Path) and reader_of_name(Path(item)) and os.path.isfile(item) for item in source):
            raise UsageError(f"a list of str means texts, but these are names of files: pass [Path({source[0]!r}), …]")
    name = f"the {type(source).__name__} given"
    if read := _table_reader(source):
        return Source(name, read(source, settings, name, notes), notes)
    if not isinstance(source, Iterable):
        raise DataError(f"{name} is not a source of texts: expected a path, a list of str, or a table")
    refuse_columns(settings, name)
    blocks = in_blocks(iterate_texts(source, name), len)
    return Source(name, (Rows(texts, [None] * len(texts)) for texts in blocks), notes)


def _table_reader(source: TextSource) -> ReadTable | None:
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


def _parts_of(source: str, is_only: bool, settings: CorpusSettings, notes: list[str]) -> Iterator[_Part]:
    """Yield the parts of a named source: one per file for a folder, otherwise one."""
    path = Path(source)
    if source == "-":
        yield "standard input", partial(_read_standard_input, settings, notes)
    elif os.path.isdir(source):
        if (path / "state.json").exists() or (path / "dataset_dict.json").exists():
            yield source, partial(_read_saved, path, settings, notes)
            return
        for file in _files_below(path, settings, notes):
            name = file.relative_to(path) if is_only else file
            yield name.as_posix(), partial(_read_in_folder, file, settings, notes)
    elif os.path.exists(source):
        yield source, partial(read_file, path, settings, notes)
    elif _HUB_NAME.fullmatch(source) and not os.path.exists(path.parent) and reader_of_name(path) is None:
        yield source, partial(_read_hub, source, settings, notes)
    else:
        shown = source if len(source) < 200 else f"{source[:200]}…"
        raise DataError(
            f"there is no file or folder {shown!r}: expected a path, '-', or owner/name of a dataset; "
            "pass texts as a list"
        )


def _with_source(rows: Rows, name: str) -> Rows:
    """Add a column `source`; an input column of that name becomes `input_source`."""
    import pyarrow as pa

    columns: dict[str, pa.Array] = {"source": pa.repeat(name, len(rows.texts))}
    if rows.others is not None:
        for column, values in zip(rows.others.schema.names, rows.others.columns, strict=True):
            columns[f"input_{column}" if _TAKEN.fullmatch(column) else column] = values
    return rows._replace(others=pa.RecordBatch.from_arrays(list(columns.values()), names=list(columns)))


def _files_below(folder: Path, settings: CorpusSettings, notes: list[str]) -> list[Path]:
    """Return the files to read below a folder, sorted by path; a note counts those left out.

    Left out are hidden files, empty files and unsupported types; if a column is named, also files without columns.

    Raises:
        DataError: if no file is left.
        UsageError: if a column is named and no file has columns.
    """
    readable: dict[Path, Reader] = {}
    left_out, unsupported = Counter[str](), Counter[str]()
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        reader = reader_of_name(path)
        if any(part.startswith(".") for part in path.relative_to(folder).parts):
            left_out["hidden"] += 1
        elif reader is None:
            unsupported[path.suffix.lower() or path.name] += 1
        elif not path.stat().st_size:
            left_out["empty"] += 1
        else:
            readable[path] = reader
    files = list(readable)
    tables = [path for path, reader in readable.items() if reader.has_columns]
    if not tables:
        refuse_columns(settings, str(folder))
    elif settings.text_column or settings.label_column:
        left_out["without columns"] = len(files) - len(tables)
        files = tables
    if unsupported:
        left_out[f"of unsupported types ({', '.join(sorted(unsupported))})"] = unsupported.total()
    found = f"{folder}: {len(files)} {'file' if len(files) == 1 else 'files'} read"
    if listed := ", ".join(f"{count} {why}" for why, count in left_out.items() if count):
        found += f"; left out: {listed}"
    if not files:
        raise DataError(f"{found}: expected text files or tables")
    notes.append(found)
    return files


def _read_in_folder(path: Path, settings: CorpusSettings, notes: list[str]) -> Iterator[Rows]:
    """Yield the rows of a file of a folder; a document is one row, unless the unit is smaller than a row."""
    reader = reader_of_name(path)
    whole = reader.read_document if reader and settings.unit == "row" else None
    return (whole or read_file)(path, settings, notes)


def _read_standard_input(settings: CorpusSettings, notes: list[str]) -> Iterator[Rows]:
    """Yield the lines of standard input, by way of a file: the encoding is detected before the text is read."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "standard input")
        with clear_os_errors(path), path.open("wb") as file:
            copyfileobj(sys.stdin.buffer, file)
        yield from read_lines(path, settings, notes)


def _read_saved(folder: Path, settings: CorpusSettings, notes: list[str]) -> Iterator[Rows]:
    import datasets

    try:
        saved = datasets.load_from_disk(str(folder))
    except Exception as error:  # a damaged folder can raise anything
        raise DataError(f"{folder} is not a complete dataset folder: {_first_line(error)}") from None
    return _read_loaded(saved, settings, str(folder), notes)


def _read_hub(name: str, settings: CorpusSettings, notes: list[str]) -> Iterator[Rows]:
    import datasets
    from huggingface_hub.utils import logging as hub_logging

    verbosity = hub_logging.get_verbosity()
    hub_logging.set_verbosity_error()  # without a network it warns about each attempt
    try:
        loaded = datasets.load_dataset(name)
    except Exception as error:  # the network, the Hub and the dataset's own files each raise errors of their own
        raise DataError(f"there is no file {name}, and no such dataset could be loaded: {_first_line(error)}") from None
    finally:
        hub_logging.set_verbosity(verbosity)
    return _read_loaded(loaded, settings, name, notes)


def _read_loaded(
    loaded: "datasets.Dataset | datasets.DatasetDict", settings: CorpusSettings, name: str, notes: list[str]
) -> Iterator[Rows]:
    import datasets

    read = arrow.read_splits if isinstance(loaded, datasets.DatasetDict) else arrow.read_dataset
    return read(loaded, settings, name, notes)


def _first_line(error: Exception) -> str:
    return f"{type(error).__name__}: {error}".splitlines()[0]
