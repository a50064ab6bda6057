import pyarrow as pa
import pytest

from textssl.corpus.columns import as_column, fitted, one_schema

LARGE = 2**60 + 1  # no float holds it


@pytest.mark.parametrize(
    ("values", "type_", "held"),
    [
        ([1, None, float("nan")], pa.int64(), [1, None, None]),
        (["007", None], pa.string(), ["007", None]),
        ([{"a": 1}, {"b": "x"}], None, [{"a": 1, "b": None}, {"a": None, "b": "x"}]),
        ([1, "a", None, ["é"]], pa.large_string(), ["1", "a", None, '["é"]']),
        ([{"a": 1}, {"a": "x"}], pa.large_string(), ['{"a": 1}', '{"a": "x"}']),
        (["half \ud83d", 2], pa.large_string(), ["half ?", "2"]),
        ([2**70], pa.large_string(), [str(2**70)]),
    ],
)
def test_values_become_a_column(values, type_, held):
    column = as_column(values)
    assert column.to_pylist() == held
    assert type_ in (None, column.type)


@pytest.mark.parametrize(
    ("columns", "type_", "held"),
    [
        ([pa.array([1]), pa.array([1.5])], pa.float64(), [1.0, 1.5]),
        ([pa.array([LARGE]), pa.array([1.5])], pa.large_string(), [str(LARGE), "1.5"]),
        ([pa.nulls(1), pa.array([True])], pa.bool_(), [None, True]),
        ([pa.array(["007"]), pa.array([7])], pa.large_string(), ["007", "7"]),
        ([pa.array([{"a": 1}]), pa.array([{"b": 2}])], None, [{"a": 1, "b": None}, {"a": None, "b": 2}]),
        ([pa.array([{"a": "é"}]), pa.array([[1]])], pa.large_string(), ['{"a": "é"}', "[1]"]),
        ([pa.array([1], pa.int8()), pa.array([300])], pa.int64(), [1, 300]),
    ],
)
def test_columns_of_different_types_become_one(columns, type_, held):
    batches = [pa.RecordBatch.from_arrays([column], names=["x"]) for column in columns]
    schema = one_schema(batches)
    table = pa.Table.from_batches([fitted(batch, schema) for batch in batches])
    assert table["x"].to_pylist() == held
    assert type_ in (None, table["x"].type)


def test_a_column_that_some_lack_is_null_there():
    batches = [pa.RecordBatch.from_pydict({"a": [1]}), pa.RecordBatch.from_pydict({"b": ["x"], "a": [2]})]
    schema = one_schema(batches)
    assert schema.names == ["a", "b"]
    assert fitted(batches[0], schema).to_pylist() == [{"a": 1, "b": None}]
    assert fitted(batches[1], schema).to_pylist() == [{"a": 2, "b": "x"}]
