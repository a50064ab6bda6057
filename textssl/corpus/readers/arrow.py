"""Readers of typed columns: Parquet files, Arrow tables, Hugging Face datasets and pandas data frames."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from textssl.corpus.files import open_seekable
from textssl.corpus.records import Columns, Rows, choose_columns
from textssl.corpus.settings import CorpusSettings
from textssl.errors import DataError, UsageError

if TYPE_CHECKING:
    import datasets
    import pandas as pd
    import pyarrow as pa

_BATCH = 2_000


def read_parquet(path: Path, settings: CorpusSettings, notes: list[str]) -> Iterator[Rows]:
    """Yield the rows of a Parquet file, with one batch in memory at a time."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    with open_seekable(path) as stream:
        try:
            file = pq.ParquetFile(stream)
            yield from read_batches(file.schema_arrow, file.iter_batches(), settings, str(path))
        except (pa.ArrowException, OSError) as error:
            raise DataError(f"{path} is not a complete Parquet file: {str(error).splitlines()[0]}") from None


def read_batches(
    schema: "pa.Schema", batches: Iterable["pa.RecordBatch"], settings: CorpusSettings, name: str
) -> Iterator[Rows]:
    """Yield the rows of Arrow record batches of one schema; a nested column has a dotted path as its name."""
    if len(set(schema.names)) < len(schema.names):
        raise DataError(f"{name} has two columns of the same name ({', '.join(schema.names)}): rename one")
    columns = choose_columns(dict(_columns_of_text(schema, settings)), settings, name)
    for batch in batches:
        yield rows_of(batch, columns)


def rows_of(batch: "pa.RecordBatch", columns: Columns) -> Rows:
    """Return the rows of a record batch, given the names of its text and label columns."""
    texts = _column_at(batch, columns.text).to_pylist()
    labels = _column_at(batch, columns.label).to_pylist() if columns.label else [None] * len(batch)
    others = [name for name in batch.schema.names if name != columns.text]
    return Rows(texts, labels, batch.select(others) if others else None)


def read_arrow_table(table: "pa.Table", settings: CorpusSettings, name: str, notes: list[str]) -> Iterator[Rows]:
    """Yield the rows of a table in memory."""
    return read_batches(table.schema, table.to_batches(_BATCH), settings, name)


def read_dataset(dataset: "datasets.Dataset", settings: CorpusSettings, name: str, notes: list[str]) -> Iterator[Rows]:
    """Yield the rows of a Hugging Face dataset; class numbers become the names of the classes."""
    tables = (_named_classes(table, dataset.features) for table in dataset.with_format("arrow").iter(_BATCH))
    return _read_tables(tables, settings, name)


def read_stream(
    dataset: "datasets.IterableDataset", settings: CorpusSettings, name: str, notes: list[str]
) -> Iterator[Rows]:
    """Yield the rows of a streamed Hugging Face dataset, which may not declare its columns."""
    import pyarrow as pa

    from textssl.corpus.columns import as_column

    tables = (pa.table({column: as_column(values) for column, values in rows.items()}) for rows in dataset.iter(_BATCH))
    return _read_tables((_named_classes(table, dataset.features or {}) for table in tables), settings, name)


def read_splits(
    splits: "datasets.DatasetDict", settings: CorpusSettings, name: str, notes: list[str]
) -> Iterator[Rows]:
    """Yield the rows of the split "train", or of the only split."""
    import datasets

    if len(splits) > 1 and "train" not in splits:
        raise UsageError(f"{name} has several splits ({', '.join(splits)}), none of them 'train': pass one of them")
    split = "train" if "train" in splits else next(iter(splits))
    if len(splits) > 1:
        notes.append(f"{name}: reading split 'train' of {', '.join(splits)}")
    read = read_dataset if isinstance(splits[split], datasets.Dataset) else read_stream
    return read(splits[split], settings, name, notes)


def read_frame(frame: "pd.DataFrame", settings: CorpusSettings, name: str, notes: list[str]) -> Iterator[Rows]:
    """Yield the rows of a data frame; the index is ignored."""
    import pyarrow as pa

    from textssl.corpus.columns import as_column

    names = [str(column) for column in frame.columns]
    if len(set(names)) < len(names):
        raise DataError(f"{name} has two columns of the same name ({', '.join(names)}): rename one")
    series = {column: frame.iloc[:, index] for index, column in enumerate(names)}
    columns = choose_columns({column: _has_text(values) for column, values in series.items()}, settings, name)
    others = {column: as_column(values) for column, values in series.items() if column != columns.text}
    table = pa.table(others) if others else None
    for start in range(0, len(frame), _BATCH):
        some = slice(start, start + _BATCH)
        texts = series[columns.text].iloc[some].tolist()
        labels = series[columns.label].iloc[some].tolist() if columns.label else [None] * len(texts)
        yield Rows(texts, labels, _batch(table.slice(start, _BATCH)) if table is not None else None)


def _read_tables(tables: Iterator["pa.Table"], settings: CorpusSettings, name: str) -> Iterator[Rows]:
    """Yield the rows of tables that all have the columns of the first."""
    for first in tables:
        columns = choose_columns(dict(_columns_of_text(first.schema, settings)), settings, name)
        yield rows_of(_batch(first), columns)
        yield from (rows_of(_batch(table), columns) for table in tables)


def _columns_of_text(
    fields: Iterable["pa.Field"], settings: CorpusSettings, above: str = ""
) -> Iterator[tuple[str, bool]]:
    """Yield the path of every column and nested field, and whether it contains text."""
    import pyarrow as pa

    for field in fields:
        path = f"{above}{field.name}"
        named = path in (settings.text_column, "text")
        yield path, _is_text(field.type) or (named and _is_text_if_named(field.type))
        if pa.types.is_struct(field.type):
            yield from _columns_of_text(field.type, settings, f"{path}.")


def _is_text(type_: "pa.DataType") -> bool:
    import pyarrow as pa

    if pa.types.is_dictionary(type_):
        return _is_text(type_.value_type)
    return pa.types.is_string(type_) or pa.types.is_large_string(type_) or pa.types.is_string_view(type_)


def _is_text_if_named(type_: "pa.DataType") -> bool:
    """Return whether values are lists of strings or bytes: read as texts only if the column is named."""
    import pyarrow as pa

    parts = pa.types.is_list(type_) or pa.types.is_large_list(type_)
    return _is_text(type_.value_type) if parts else pa.types.is_binary(type_) or pa.types.is_large_binary(type_)


def _has_text(series: "pd.Series[Any]") -> bool:
    return any(isinstance(value, str) for value in series)


def _column_at(batch: "pa.RecordBatch", path: str) -> "pa.Array":
    """Return a column, or the field of a struct that a dotted path names."""
    from pyarrow import compute

    if path in batch.schema.names:
        return batch.column(path)
    column = next(name for name in batch.schema.names if path.startswith(f"{name}."))
    return compute.struct_field(batch.column(column), path.removeprefix(f"{column}.").split("."))


def _named_classes(table: "pa.Table", features: "datasets.Features") -> "pa.Table":
    """Replace class numbers with the names of the classes."""
    import pyarrow as pa
    from datasets import ClassLabel

    for index, name in enumerate(table.column_names):
        if isinstance(feature := features.get(name), ClassLabel):
            # Datasets on the Hub write -1 for an unknown class.
            numbers = [number if number is None or number >= 0 else None for number in table[name].to_pylist()]
            names = pa.array(feature.names, pa.string()).take(pa.array(numbers, pa.int64()))
            table = table.set_column(index, name, names)
    return table


def _batch(table: "pa.Table") -> "pa.RecordBatch":
    """Return a small table as one record batch."""
    import pyarrow as pa

    columns = [column.combine_chunks() for column in table.columns]
    return pa.RecordBatch.from_arrays(columns, names=table.column_names)
