"""The input's other columns as Arrow arrays, unified if blocks of rows differ in columns or types."""

import json
from collections.abc import Sequence
from functools import cache
from typing import Any

import pyarrow as pa
from pyarrow import parquet

from textssl.language.texts import is_missing


def as_column(values: Sequence[Any]) -> pa.Array:
    """Return values as an array of the type that pyarrow infers, or as JSON strings if it infers none; NaN is null."""
    try:
        array = pa.array(values, from_pandas=True)
    except (ValueError, TypeError, ArithmeticError, NotImplementedError):  # mixed types, huge integers, lone surrogates
        return _as_text(list(values))
    return _as_text(list(values)) if isinstance(array.type, pa.BaseExtensionType) else array  # periods of pandas


def plain(batch: pa.RecordBatch) -> pa.RecordBatch:
    """Return a batch without dictionaries (an Arrow file allows one per column), string views and extension types."""
    return pa.RecordBatch.from_arrays([_plain(column) for column in batch.columns], names=batch.schema.names)


def one_schema(batches: Sequence[pa.RecordBatch]) -> pa.Schema:
    """Return a schema for all batches: each column has a type that fits all of its values, strings if there is none."""
    columns: dict[str, list[pa.Array]] = {}
    for batch in batches:
        for name, column in zip(batch.schema.names, batch.columns, strict=True):
            columns.setdefault(name, []).append(column)
    return pa.schema([(name, _common_type(arrays)) for name, arrays in columns.items()])


def fitted(batch: pa.RecordBatch, schema: pa.Schema) -> pa.RecordBatch:
    """Return a batch cast to a schema from `one_schema`; missing columns are null."""
    arrays = [
        _cast(batch.column(field.name), field.type)
        if field.name in batch.schema.names
        else pa.nulls(len(batch), field.type)
        for field in schema
    ]
    return pa.RecordBatch.from_arrays(arrays, schema=schema)


def _plain(array: pa.Array) -> pa.Array:
    if pa.types.is_dictionary(array.type):
        return array.dictionary_decode()
    if pa.types.is_string_view(array.type):
        return array.cast(pa.large_string())
    if isinstance(array.type, pa.BaseExtensionType) or "dictionary<" in str(array.type):
        return _as_text(array.to_pylist())
    return array


def _common_type(arrays: list[pa.Array]) -> pa.DataType:
    types = {str(array.type): array.type for array in arrays}
    if len(types) == 1:
        return arrays[0].type if _fits_parquet(arrays[0].type) else pa.large_string()
    schemas = [pa.schema([("", type_)]) for type_ in types.values()]
    try:
        common = pa.unify_schemas(schemas, promote_options="permissive").field(0).type
        for array in arrays:
            array.cast(common)  # fails for an integer that no float represents
    except pa.ArrowException:
        return pa.large_string()
    return common if _fits_parquet(common) else pa.large_string()


@cache
def _fits_parquet(type_: pa.DataType) -> bool:
    """Return whether Parquet, the format of results, supports the type; it has no unions and no empty structs."""
    try:
        parquet.write_table(pa.table({"": pa.array([], type_)}), pa.BufferOutputStream())
    except pa.ArrowException:
        return False
    return True


def _cast(array: pa.Array, type_: pa.DataType) -> pa.Array:
    if array.type == type_:
        return array
    try:
        return array.cast(type_)
    except pa.ArrowException:  # nested values
        return _as_text(array.to_pylist()).cast(type_)


def _as_text(values: list[Any]) -> pa.Array:
    """Return strings unchanged, values of JSON types as JSON, and any others as Python prints them."""
    return pa.array([_spelled(value) for value in values], pa.large_string())


def _spelled(value: Any) -> str | None:
    if not isinstance(value, str) and is_missing(value):
        return None
    is_json = isinstance(value, dict | list | bool | int | float)
    text = json.dumps(value, ensure_ascii=False, default=str) if is_json else str(value)
    return text.encode(errors="replace").decode()  # lone surrogates
