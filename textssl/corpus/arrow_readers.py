"""Readers of typed columns: Arrow data, Hugging Face datasets and pandas frames."""

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any

from textssl.corpus.records import Record, choose_columns, refuse_columns
from textssl.corpus.settings import CorpusSettings
from textssl.errors import DataError, UsageError

if TYPE_CHECKING:
    import datasets
    import pandas as pd
    import pyarrow as pa

_BATCH = 10_000


def read_batches(
    schema: "pa.Schema",
    batches: Callable[[list[str]], Iterable["pa.RecordBatch"]],
    settings: CorpusSettings,
    name: str,
) -> Iterator[Record]:
    """Yield the rows of Arrow record batches; `batches` is given the names of the columns that are wanted."""
    columns = choose_columns({field.name: _holds_text(field.type) for field in schema}, settings, name)
    for batch in batches([column for column in columns if column]):
        texts = batch.column(columns.text).to_pylist()
        labels = batch.column(columns.label).to_pylist() if columns.label else [None] * len(texts)
        yield from map(Record, texts, labels)


def read_arrow_table(table: "pa.Table", settings: CorpusSettings, name: str) -> Iterator[Record]:
    """Yield the rows of a table in memory."""
    return read_batches(table.schema, lambda names: table.select(names).to_batches(_BATCH), settings, name)


def read_arrow_array(array: "pa.Array | pa.ChunkedArray", settings: CorpusSettings, name: str) -> Iterator[Record]:
    """Yield the texts of an array in memory."""
    import pyarrow as pa

    refuse_columns(settings, name)
    return read_arrow_table(pa.table({"text": array}), settings, name)


def read_dataset(dataset: "datasets.Dataset", settings: CorpusSettings, name: str) -> Iterator[Record]:
    """Yield the rows of a Hugging Face dataset; classes are called by their names."""
    from datasets import ClassLabel

    schema = dataset.features.arrow_schema
    label = dataset.features.get(settings.label_column)
    arrow = dataset.with_format("arrow")
    records = read_batches(schema, lambda names: _batches_of(arrow.select_columns(names)), settings, name)
    for record in records:
        if isinstance(label, ClassLabel) and record.label is not None:
            # -1 is how the Hub's datasets write that a class is not known.
            yield Record(record.text, label.int2str(record.label) if record.label >= 0 else None)
        else:
            yield record


def read_splits(splits: "datasets.DatasetDict", settings: CorpusSettings, name: str) -> Iterator[Record]:
    """Yield the rows of the training split, or of the only split."""
    if len(splits) > 1 and "train" not in splits:
        raise UsageError(f"{name} has several splits ({', '.join(splits)}) and none is 'train': give one of them")
    return read_dataset(splits["train"] if "train" in splits else next(iter(splits.values())), settings, name)


def read_frame(frame: "pd.DataFrame", settings: CorpusSettings, name: str) -> Iterator[Record]:
    """Yield the rows of a data frame."""
    names = [str(column) for column in frame.columns]
    if len(set(names)) < len(names):
        raise DataError(f"{name} has two columns of the same name ({', '.join(names)}): rename one")
    holds_text = {column: _series_holds_text(frame.iloc[:, index]) for index, column in enumerate(names)}
    columns = choose_columns(holds_text, settings, name)
    texts = _values(frame.iloc[:, names.index(columns.text)])
    labels = _values(frame.iloc[:, names.index(columns.label)]) if columns.label else [None] * len(texts)
    return map(Record, texts, labels)


def read_series(series: "pd.Series[Any]", settings: CorpusSettings, name: str) -> Iterator[Record]:
    """Yield the texts of a series."""
    refuse_columns(settings, name)
    return read_frame(series.to_frame("text"), settings, name)


def _batches_of(dataset: "datasets.Dataset") -> Iterator["pa.RecordBatch"]:
    for table in dataset.iter(_BATCH):
        yield from table.to_batches()


def _holds_text(type_: "pa.DataType") -> bool:
    import pyarrow as pa

    if pa.types.is_dictionary(type_):
        return _holds_text(type_.value_type)
    return pa.types.is_string(type_) or pa.types.is_large_string(type_) or pa.types.is_string_view(type_)


def _series_holds_text(series: "pd.Series[Any]") -> bool:
    return any(isinstance(value, str) for value in series)


def _values(series: "pd.Series[Any]") -> list[Any]:
    """Return the values of a series, None where one is missing."""
    return series.astype(object).where(series.notna(), None).tolist()
