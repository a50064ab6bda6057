"""A table of any columns: order, types, lengths, and the names of the input's columns."""

import numpy as np
import pyarrow as pa
import pytest

from textssl.errors import DataError, UsageError
from textssl.results import BATCH, Results


@pytest.fixture
def results():
    """Three rows with a column of each kind."""
    columns = {
        "row": np.arange(3),
        "embedding": np.arange(6).reshape(3, 2),
        "novelty": np.array([0.5, 0.25, 0], np.float32),
        "class": np.array(["a", "b", "a"]),
        "text": ["x", "", "z"],
    }
    return Results(columns, pa.table({"id": [7, 8, None], "text": ["u", "v", "w"]}))


def test_columns_come_in_order_with_their_types(results):
    assert results.schema == pa.schema(
        [
            ("row", pa.int64()),
            ("novelty", pa.float32()),
            ("class", pa.string()),
            ("text", pa.string()),
            ("id", pa.int64()),
            ("input_text", pa.string()),
            ("embedding", pa.list_(pa.float32(), 2)),
        ]
    )
    assert (results.column_names, results.matrices) == (results.schema.names, ["embedding"])
    assert results.to_table().to_pydict() == {
        "row": [0, 1, 2],
        "novelty": [0.5, 0.25, 0],
        "class": ["a", "b", "a"],
        "text": ["x", "", "z"],
        "id": [7, 8, None],
        "input_text": ["u", "v", "w"],
        "embedding": [[0, 1], [2, 3], [4, 5]],
    }


def test_a_column_is_returned_as_it_is_held(results):
    assert len(results) == 3
    assert results["novelty"].tolist() == [0.5, 0.25, 0]
    assert list(results["text"]) == ["x", "", "z"]
    assert results["id"].to_pylist() == [7, 8, None]
    assert results["embedding"].shape == (3, 2)
    with pytest.raises(UsageError, match=r"^no column is called 'noveltie' \(nearest: 'novelty'\)$"):
        results["noveltie"]


def test_selected_columns_come_in_the_order_of_their_names(results):
    selected = results.select(["embedding", "id", "row", "id"])
    assert selected.column_names == ["embedding", "id", "row"]
    assert selected.to_table()["id"].to_pylist() == [7, 8, None]
    assert len(results.column_names) == 7
    with pytest.raises(UsageError, match=r"^columns is empty, expected at least one name: leave it out to take all$"):
        results.select([])
    with pytest.raises(UsageError, match=r"^columns expects a list of names, got 'row': write \['row'\]$"):
        results.select("row")


def test_columns_that_do_not_fit_are_refused():
    with pytest.raises(UsageError, match=r"^results need at least one column, got none: name the columns$"):
        Results({})
    with pytest.raises(DataError, match=r"^column 'text' has 2 rows, 'row' has 3: give one entry for each row$"):
        Results({"row": np.arange(3), "text": ["a", "b"]})
    with pytest.raises(DataError, match=r"^column 'id' has 2 rows, 'row' has 3"):
        Results({"row": np.arange(3)}, pa.table({"id": [1, 2]}))
    with pytest.raises(DataError, match=r"^column 'x' has shape \(3, 1, 1\), expected \(n,\) or \(n, d\)$"):
        Results({"row": np.arange(3), "x": np.zeros((3, 1, 1))})


def test_columns_of_the_input_never_share_a_name():
    others = pa.table({"cluster": ["a", "b"], "input_cluster": ["c", "d"], "row": ["e", "f"], "novelty": [1, 2]})
    results = Results({"row": np.arange(2), "novelty": np.zeros(2)}, others)
    names = ["row", "novelty", "input_cluster", "input_input_cluster", "input_row", "input_novelty"]
    assert results.column_names == names
    assert results["input_novelty"].to_pylist() == [1, 2]


def test_a_memory_map_is_read_batch_by_batch(tmp_path):
    np.save(tmp_path / "map.npy", np.ones((BATCH + 3, 2), np.float32))
    held = np.load(tmp_path / "map.npy", mmap_mode="r")
    texts = pa.chunked_array([["a"] * BATCH, ["b"] * 3])
    results = Results({"row": np.arange(BATCH + 3), "embedding": held}, pa.table({"kind": texts}))
    assert results["embedding"] is held
    assert [len(batch) for batch in results.batches()] == [BATCH, 3]
    assert results.to_table()["kind"].to_pylist() == texts.to_pylist()
