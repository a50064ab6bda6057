import base64
import gzip
import json

import numpy as np
import pytest

from textssl.reporting.packing import packed, text_columns
from textssl.reporting.report import GroupedTexts


def unpacked(value):
    return json.loads(gzip.decompress(base64.b64decode(packed(value))))


def numbers(column):
    return [None if value is None else column["low"] + column["step"] * value for value in column["values"]]


def test_packed_data_is_the_same_each_time_and_ends_no_element():
    value = ["</script>", "日本語", "lone \ud800"]
    assert packed(value) == packed(value)
    assert not set(packed(value)) & set("<>&")
    assert unpacked(value) == ["</script>", "日本語", "lone ?"]


def test_each_text_keeps_its_columns():
    texts = GroupedTexts(
        rows=np.array([2, 5, 7]),
        texts=["two", "five", "seven"],
        labels=np.array([1, -1, 0]),
        total=9,
        typicality=np.array([0.5, 0.25, 1.0]),
        xy=np.array([[0, 0], [np.nan, np.nan], [4, 2]]),
        columns={"year": np.array([1999, np.nan, 2001]), "place": ["Rome", None, "Bonn"]},
    )
    columns = unpacked(text_columns(texts))
    assert columns["text"] == ["five", "seven", "two"]
    assert np.cumsum(columns["row_steps"]).tolist() == [5, 7, 2]
    assert columns["group"] == [-1, 0, 1]
    assert columns["total"] == 9
    assert numbers(columns["typicality"]) == pytest.approx([0.25, 1, 0.5], abs=0.001)
    assert [value and value / columns["map_steps"] for value in columns["x"]] == [None, 1, 0]
    assert [value and value / columns["map_steps"] for value in columns["y"]] == [None, 0.75, 0.25]
    year, place = columns["columns"]
    assert numbers(year) == [None, 2001, 1999]
    assert [place["names"][code] if code >= 0 else None for code in place["values"]] == [None, "Bonn", "Rome"]


@pytest.mark.parametrize("values", [[0.3, 0.3], [7, 7], [np.nan, np.nan], [-np.inf, 2], [1e9, -1e9]])
def test_numbers_of_any_range(values):
    texts = GroupedTexts(np.arange(2), ["a", "b"], np.zeros(2, int), 2, np.zeros(2), columns={"n": np.array(values)})
    (column,) = unpacked(text_columns(texts))["columns"]
    expected = [value if np.isfinite(value) else None for value in values]
    assert [value is None for value in numbers(column)] == [value is None for value in expected]
    assert [value for value in numbers(column) if value is not None] == pytest.approx(
        [value for value in expected if value is not None]
    )
