"""Arrow columns as text, for the text formats."""

import json

import pyarrow as pa
from pyarrow import compute, types

from textssl.run_folder import finite


def joined(lists: pa.FixedSizeListArray, separator: str) -> list[str]:
    """Return each list of numbers as text, its numbers joined by `separator`.

    Each number is written in the shortest form that reads back the same. Arrow does this about ten times as fast as
    NumPy.
    """
    strings = lists.flatten().cast(pa.string())
    offsets = pa.array(range(0, len(strings) + 1, lists.type.list_size), pa.int32())
    return compute.binary_join(pa.ListArray.from_arrays(offsets, strings), separator).to_pylist()


def as_json(column: pa.Array) -> list[str]:
    """Return each entry of a column as JSON; NaN and infinity become null."""
    if types.is_fixed_size_list(column.type) and types.is_floating(column.type.value_type) and not column.null_count:
        numbers = column.flatten()
        if not numbers.null_count and compute.all(compute.is_finite(numbers), min_count=0).as_py():
            return [f"[{row}]" for row in joined(column, ", ")]
    if (types.is_integer(column.type) or types.is_floating(column.type)) and not column.null_count:
        numbers = column.cast(pa.string()).to_pylist()
        return ["null" if number in ("nan", "inf", "-inf") else number for number in numbers]
    return [json.dumps(finite(value), ensure_ascii=False, default=str) for value in column.to_pylist()]


def flat(column: pa.Array) -> pa.Array:
    """Return a column that a text table can hold: nested and binary values as JSON, others unchanged."""
    if types.is_nested(column.type) or types.is_binary(column.type) or types.is_large_binary(column.type):
        return pa.array(as_json(column), pa.string())
    return column.dictionary_decode() if types.is_dictionary(column.type) else column
