"""Columns as text, for the formats that are text."""

import json
import math
from typing import Any

import pyarrow as pa
from pyarrow import compute, types


def joined(lists: pa.Array, separator: str) -> list[str]:
    """Return each list of numbers as text.

    Numbers are the shortest that read back the same. Arrow writes them, some ten times as fast as NumPy.
    """
    strings = lists.flatten().cast(pa.string())
    offsets = pa.array(range(0, len(strings) + 1, lists.type.list_size), pa.int32())
    return compute.binary_join(pa.ListArray.from_arrays(offsets, strings), separator).to_pylist()


def as_json(column: pa.Array) -> list[str]:
    """Return each entry of a column as JSON."""
    if types.is_fixed_size_list(column.type) and types.is_floating(column.type.value_type) and not column.null_count:
        return [f"[{row}]" for row in joined(column, ", ")]
    if (types.is_integer(column.type) or types.is_floating(column.type)) and not column.null_count:
        numbers = column.cast(pa.string()).to_pylist()
        return ["null" if number in ("nan", "inf", "-inf") else number for number in numbers]
    return [json.dumps(_finite(value), ensure_ascii=False, default=str) for value in column.to_pylist()]


def flat(column: pa.Array) -> pa.Array:
    """Return a column that a table of text can hold: what is nested or binary as JSON, all else as it is."""
    if types.is_nested(column.type) or types.is_binary(column.type) or types.is_large_binary(column.type):
        return pa.array(as_json(column), pa.string())
    return column.dictionary_decode() if types.is_dictionary(column.type) else column


def _finite(value: Any) -> Any:
    """Return a value without NaN and infinity, which JSON has no words for."""
    return None if isinstance(value, float) and not math.isfinite(value) else value
