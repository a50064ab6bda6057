import pandas as pd
import pyarrow as pa
import pytest
from pyarrow import parquet

from textssl.corpus.columns import as_column, fitted, one_schema, plain
from textssl.corpus.reading import read_corpus
from textssl.corpus.settings import CorpusSettings

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
        ([1, "", pd.NA, float("nan"), 2j], pa.large_string(), ["1", "", None, None, "2j"]),
        (pd.Series(pd.period_range("2020", periods=2, freq="M")), pa.large_string(), ["2020-01", "2020-02"]),
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


CLASSES = pa.array(["x", "y", "x"]).dictionary_encode()


@pytest.mark.parametrize(
    ("column", "held"),
    [
        (CLASSES, ["x", "y", "x"]),
        (pa.StructArray.from_arrays([CLASSES], ["k"]), ['{"k": "x"}', '{"k": "y"}', '{"k": "x"}']),
        (pa.array(["x", None, "y"], pa.string_view()), ["x", None, "y"]),
        (pa.array([{}, None, {}], pa.struct([])), ["{}", None, "{}"]),
        (pa.ExtensionArray.from_storage(pa.bool8(), pa.array([1, None, 0], pa.int8())), ["true", None, "false"]),
        (pa.UnionArray.from_sparse(pa.array([0, 1, 0], pa.int8()), [pa.array([1, 2, 3]), CLASSES]), ["1", "y", "3"]),
    ],
    ids=["dictionary", "dictionary in a struct", "view", "struct without fields", "extension", "union"],
)
def test_columns_that_files_have_no_type_for(column, held, tmp_path, monkeypatch):
    monkeypatch.setattr("textssl.corpus.readers.arrow._BATCH", 2)
    monkeypatch.setattr("textssl.corpus.build._BATCH_ROWS", 1)
    table = pa.table({"text": ["a", "b", "c"], "x": column})
    corpus = read_corpus(table, CorpusSettings(text_column="text"), cache=tmp_path / "corpus.arrow")
    assert corpus.others["x"].to_pylist() == held
    parquet.write_table(corpus.others, tmp_path / "x.parquet")


def test_structs_of_some_blocks_without_fields_are_structs():
    batches = [pa.RecordBatch.from_pylist([{"x": {}}]), pa.RecordBatch.from_pylist([{"x": {"a": 1}}])]
    schema = one_schema([plain(batch) for batch in batches])
    assert schema.field("x").type == pa.struct([("a", pa.int64())])
