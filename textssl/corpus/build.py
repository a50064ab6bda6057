"""Building a corpus from the rows of a reader: cleaning, splitting, de-duplication, and the Arrow file."""

import json
import mmap
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import replace
from hashlib import blake2b
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Any, NamedTuple

import pyarrow as pa

from textssl.corpus.cleaning import clean, strip_markup
from textssl.corpus.columns import fitted, one_schema, plain
from textssl.corpus.corpus import SCHEMA, Corpus
from textssl.corpus.records import Rows
from textssl.corpus.segmentation import split_paragraphs, split_sentences
from textssl.corpus.settings import CorpusSettings
from textssl.errors import DataError, UsageError, nearest
from textssl.language.texts import is_missing, not_text
from textssl.run_folder import write_whole

# A batch ends at whichever limit is reached first: a row may be a word or a book.
_BATCH_ROWS = 10_000
_BATCH_BYTES = 1 << 24
# Prefix of the other columns on disk, so that none is called like a column of the corpus ("text", "label").
_PREFIX = "input_"


class Source(NamedTuple):
    """A source of rows.

    Attributes:
        name: its name in messages and reports.
        blocks: its rows, read lazily.
        notes: what the readers found, one sentence each; complete once all rows are read.
    """

    name: str
    blocks: Iterable[Rows]
    notes: list[str]


def build(source: Source, settings: CorpusSettings, lang: str, need_texts: bool = True) -> Corpus:
    """Build a corpus in memory.

    Args:
        source: the rows.
        settings: unit and cleaning.
        lang: language code, used to split sentences.
        need_texts: whether a source with no texts is an error.

    Raises:
        DataError: if a value is not a text, or no row has a text.
    """
    ledger = _Ledger()
    batches = list(_batches(source, settings, lang, ledger))
    if need_texts:
        ledger.check(source.name)
    schema = _schema(batches)
    table = pa.Table.from_batches([fitted(batch, schema) for batch in batches], schema)
    return _corpus(table, source.name, ledger.fingerprint, source.notes)


def write(source: Source, settings: CorpusSettings, lang: str, path: Path, need_texts: bool = True) -> None:
    """Write the corpus that `build` returns to the Arrow file `path`, with a few thousand rows in memory at a time.

    Args:
        source: the rows.
        settings: unit and cleaning.
        lang: language code, used to split sentences.
        path: the file to write.
        need_texts: whether a source with no texts is an error.

    Raises:
        DataError: as `build`; the file is not written.
    """
    ledger = _Ledger()

    def fill(part: Path) -> None:
        batches = _on_disk(_batches(source, settings, lang, ledger), part.parent)
        if need_texts:
            ledger.check(source.name)
        schema = _schema(batches)
        with pa.ipc.new_file(part, schema) as file:
            for batch in batches:
                file.write_batch(fitted(batch, schema))
            # The metadata of the schema is written before these are known, so an empty last batch carries them.
            about = {"name": source.name, "fingerprint": ledger.fingerprint, "notes": json.dumps(source.notes)}
            file.write_batch(pa.RecordBatch.from_pylist([], schema), custom_metadata=about)

    write_whole(path, fill)


def load(path: Path) -> Corpus:
    """Return the corpus that `write` wrote, memory-mapped.

    Raises:
        DataError: if there is none, or it is damaged.
    """
    try:
        file = pa.ipc.open_file(pa.memory_map(str(path)))
        _, about = file.get_batch_with_custom_metadata(file.num_record_batches - 1)
        name, fingerprint = about[b"name"].decode(), about[b"fingerprint"].decode()
        return _corpus(file.read_all(), name, fingerprint, json.loads(about[b"notes"]))
    except FileNotFoundError:
        raise DataError(f"there is no corpus at {path}: run the command that makes it again") from None
    except (pa.ArrowException, OSError, KeyError, TypeError, ValueError):
        raise DataError(f"{path} is damaged: delete it and run the same command again") from None


def as_label(value: Any) -> str | None:
    """Return a value of a label column as text, None if it is missing."""
    return None if is_missing(value) else clean(str(value)) or None


def with_labels(corpus: Corpus, column: str) -> Corpus:
    """Return the corpus with one of its other columns as labels; raise UsageError if there is no such column."""
    names = corpus.others.column_names if corpus.others is not None else []
    if corpus.others is None or column not in names:
        raise UsageError(f"{corpus.name} has no column {column!r} for labels{nearest(column, names)}")
    field = SCHEMA.field("label")
    labels = pa.chunked_array([[as_label(value) for value in corpus.others[column].to_pylist()]], field.type)
    return replace(corpus, table=corpus.table.set_column(SCHEMA.get_field_index("label"), field, labels))


def _corpus(table: pa.Table, name: str, fingerprint: str, notes: Sequence[str]) -> Corpus:
    own = len(SCHEMA)
    others = table.select(range(own, table.num_columns))
    others = others.rename_columns([name.removeprefix(_PREFIX) for name in others.column_names])
    return Corpus(table.select(range(own)), name, fingerprint, tuple(notes), others if others.num_columns else None)


def _schema(batches: Sequence[pa.RecordBatch]) -> pa.Schema:
    return one_schema(batches) if batches else SCHEMA


def _batches(source: Source, settings: CorpusSettings, lang: str, ledger: "_Ledger") -> Iterator[pa.RecordBatch]:
    """Yield the corpus in batches, merging small ones of the same schema: a document may be a batch of one row."""
    waiting: list[pa.RecordBatch] = []
    rows = size = 0
    for batch in _cleaned(source, settings, lang, ledger):
        if waiting and (rows >= _BATCH_ROWS or size >= _BATCH_BYTES or batch.schema != waiting[0].schema):
            yield from pa.Table.from_batches(waiting).combine_chunks().to_batches()
            waiting, rows, size = [], 0, 0
        waiting.append(batch)
        rows, size = rows + len(batch), size + batch.nbytes
    if waiting:
        yield from pa.Table.from_batches(waiting).combine_chunks().to_batches()


def _cleaned(source: Source, settings: CorpusSettings, lang: str, ledger: "_Ledger") -> Iterator[pa.RecordBatch]:
    """Yield one cleaned batch per block of the source."""
    read = 0
    for block in source.blocks:
        texts = [_checked(text, row, source.name) for row, text in enumerate(block.texts, read)]
        read += len(texts)
        if settings.strip_markup:
            texts = [strip_markup(text) for text in texts]
        units, rows = _units(texts, settings.unit, lang)
        labels = [as_label(label) for label in block.labels]
        labels = [labels[row] for row in rows]
        firsts = [ledger.add(text, label) for text, label in zip(units, labels, strict=True)]
        columns = dict(zip(SCHEMA.names, map(pa.array, (units, labels, firsts), SCHEMA.types), strict=True))
        if block.others is not None:
            others = plain(block.others)
            ledger.add_others(others)
            others = others if settings.unit == "row" else others.take(pa.array(rows, pa.int64()))
            columns |= {f"{_PREFIX}{name}": others.column(name) for name in others.schema.names}
        yield pa.RecordBatch.from_arrays(list(columns.values()), names=list(columns))


def _checked(text: Any, row: int, name: str) -> str:
    """Return a value of the text column as str: lists of str are joined, bytes decoded, others raise DataError."""
    if is_missing(text):
        return ""
    if isinstance(text, list) and all(isinstance(part, str) for part in text):
        return " ".join(text)
    if isinstance(text, bytes):
        try:
            return text.decode()
        except UnicodeDecodeError:
            raise DataError(f"row {row} of {name} has bytes that are not UTF-8, expected text") from None
    if not isinstance(text, str):
        raise not_text(text, f"row {row} of {name}")
    return text


def _units(texts: list[str], unit: str, lang: str) -> tuple[list[str], Sequence[int]]:
    """Split texts into clean units; return them and, for each, the index of its text.

    Blank rows are kept, blank paragraphs and sentences are dropped.
    """
    if unit == "row":
        return [clean(text) for text in texts], range(len(texts))
    parts = [(clean(part), row) for row, text in enumerate(texts) for part in split_paragraphs(text)]
    if unit == "sentence":
        sentences = split_sentences((text for text, _ in parts), lang)
        parts = [(one.strip(), row) for (_, row), some in zip(parts, sentences, strict=True) for one in some]
    return [text for text, _ in parts if text], [row for text, row in parts if text]


def _on_disk(batches: Iterable[pa.RecordBatch], folder: Path) -> list[pa.RecordBatch]:
    """Write batches to unnamed temporary files, one per schema; return them in order, memory-mapped."""
    order = []
    with ExitStack() as closing:
        files: dict[pa.Schema, tuple[IO[bytes], pa.ipc.RecordBatchFileWriter]] = {}
        for batch in batches:
            if batch.schema not in files:
                file = closing.enter_context(TemporaryFile(dir=folder))
                files[batch.schema] = file, closing.enter_context(pa.ipc.new_file(file, batch.schema))
            files[batch.schema][1].write_batch(batch)
            order.append(batch.schema)
        written = {schema: _mapped(file, writer) for schema, (file, writer) in files.items()}
    return [next(written[schema]) for schema in order]


def _mapped(file: IO[bytes], writer: pa.ipc.RecordBatchFileWriter) -> Iterator[pa.RecordBatch]:
    writer.close()
    file.flush()
    reader = pa.ipc.open_file(pa.py_buffer(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)))
    return (reader.get_batch(i) for i in range(reader.num_record_batches))


class _Ledger:
    """The first row of each distinct text so far, and a hash of all rows."""

    def __init__(self) -> None:
        self.rows = 0
        self._first: dict[bytes, int] = {}
        self._hash = blake2b(digest_size=16)

    def add(self, text: str, label: str | None) -> int:
        """Add a row; return the first row with the same text, or -1 for a blank text."""
        digest = blake2b(text.encode(), digest_size=16).digest()
        self._hash.update(digest + (b"\0" if label is None else blake2b(label.encode(), digest_size=16).digest()))
        first = self._first.setdefault(digest, self.rows) if text else -1
        self.rows += 1
        return first

    def add_others(self, others: pa.RecordBatch) -> None:
        """Add the other columns of a block of rows."""
        self._hash.update(str(others.schema).encode())
        for column in others.columns:
            # The memory of a missing value is undefined, so only the present values are hashed.
            present = pa.RecordBatch.from_arrays([column.drop_null()], names=[""])
            self._hash.update(column.is_valid().to_numpy(zero_copy_only=False).tobytes())
            self._hash.update(present.serialize())

    @property
    def fingerprint(self) -> str:
        """Hash of all texts, labels and other columns, in order."""
        return self._hash.hexdigest()

    def check(self, name: str) -> None:
        """Raise DataError if no row has a text."""
        if not self.rows:
            raise DataError(f"{name} contains no texts: expected at least one row")
        if not self._first:
            raise DataError(f"{name} contains only blank rows ({self.rows}): expected texts")
