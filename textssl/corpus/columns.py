"""The other columns of an input as Arrow arrays, unified where blocks of rows differ in columns or types."""

import json
from collections.abc import Sequence
from typing import Any

import pyarrow as pa


def as_column(values: Sequence[Any]) -> pa.Array:
    """Return values as an array of the type that pyarrow infers, or as JSON text if it finds none; NaN is missing."""
    try:
        return pa.array(values, from_pandas=True)
    except (ValueError, TypeError, ArithmeticError, NotImplementedError):  # mixed types, huge integers, lone surrogates
        return _as_text(list(values))


def one_schema(batches: Sequence[pa.RecordBatch]) -> pa.Schema:
    """Return a schema for all batches: each column has a type that holds all of its values, text if there is none."""
    columns: dict[str, list[pa.Array]] = {}
    for batch in batches:
        for name, column in zip(batch.schema.names, batch.columns, strict=True):
            columns.setdefault(name, []).append(column)
    return pa.schema([(name, _common_type(arrays)) for name, arrays in columns.items()])


def fitted(batch: pa.RecordBatch, schema: pa.Schema) -> pa.RecordBatch:
    """Return a batch under a schema from `one_schema`; columns that it lacks are null."""
    arrays = [
        _cast(batch.column(field.name), field.type)
        if field.name in batch.schema.names
        else pa.nulls(len(batch), field.type)
        for field in schema
    ]
    return pa.RecordBatch.from_arrays(arrays, schema=schema)


def _common_type(arrays: list[pa.Array]) -> pa.DataType:
    types = {str(array.type): array.type for array in arrays}
    if len(types) == 1:
        return arrays[0].type
    schemas = [pa.schema([("", type_)]) for type_ in types.values()]
    try:
        common = pa.unify_schemas(schemas, promote_options="permissive").field(0).type
        for array in arrays:
            array.cast(common)  # fails for an integer that no float holds
    except pa.ArrowException:
        return pa.large_string()
    return common


def _cast(array: pa.Array, type_: pa.DataType) -> pa.Array:
    if array.type == type_:
        return array
    try:
        return array.cast(type_)
    except pa.ArrowException:  # nested values
        return _as_text(array.to_pylist()).cast(type_)


def _as_text(values: list[Any]) -> pa.Array:
    """Return strings unchanged and other values as JSON."""
    return pa.array([None if value is None else _spelled(value) for value in values], pa.large_string())


def _spelled(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    return text.encode(errors="replace").decode()  # lone surrogates
