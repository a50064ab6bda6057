from collections import deque
from decimal import Decimal

import datasets
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from textssl.errors import DataError, UsageError
from textssl.language.texts import CheckedTexts, as_texts, is_missing, iterate_texts

TEXTS = ["a late train", "", "cold coffee"]
TABLE = datasets.Dataset.from_dict({"text": ["a late train", None, "cold coffee"], "id": [1, 2, 3]})


@pytest.mark.parametrize(
    "collection",
    [
        TEXTS,
        tuple(TEXTS),
        deque(TEXTS),
        ["a late train", None, "cold coffee"],
        ["a late train", float("nan"), np.str_("cold coffee")],
        (text for text in TEXTS),
        np.array(TEXTS),
        np.array(["a late train", None, "cold coffee"], dtype=object),
        pd.Series(["a late train", None, "cold coffee"], index=[5, 5, 7]),
        pd.Series(["a late train", pd.NA, "cold coffee"], dtype="string[pyarrow]"),
        pd.Series(["a late train", pd.NA, "cold coffee"], dtype="category"),
        pd.Series(["a late train", None, "cold coffee"]).values,
        pd.Index(TEXTS),
        pa.array(["a late train", None, "cold coffee"]),
        pa.chunked_array([["a late train"], [None, "cold coffee"]]),
        TABLE["text"],
        TABLE.to_iterable_dataset()["text"],
    ],
    ids=lambda collection: type(collection).__name__,
)
def test_whatever_holds_texts_gives_them(collection):
    texts = as_texts(collection)
    assert texts == TEXTS
    assert all(type(text) is str or isinstance(text, np.str_) for text in texts)


def test_texts_that_lie_elsewhere_stay_there():
    class Elsewhere(CheckedTexts):
        def __len__(self):
            return 1

        def __getitem__(self, place):
            raise AssertionError("read")

    elsewhere = Elsewhere()
    assert as_texts(elsewhere) is elsewhere


def test_texts_are_taken_from_a_stream_as_they_are_needed():
    def stream():
        yield "one"
        raise AssertionError("read too far")

    assert next(iterate_texts(stream())) == "one"


@pytest.mark.parametrize("alone", ["a late train", b"a late train", np.array("a late train"), np.str_("a")])
def test_a_text_alone_is_refused(alone):
    with pytest.raises(UsageError, match=r"inputs: expected a list of str, got a single \w+: put it into a list"):
        as_texts(alone, "inputs")


@pytest.mark.parametrize("other", [5, None, {"text": "a"}, {"a"}, pd.DataFrame({"text": ["a"]}), object()])
def test_what_is_no_list_of_texts_is_refused(other):
    with pytest.raises(DataError, match=r"^inputs: expected a list of str, or one column of a table, got type \w+$"):
        as_texts(other, "inputs")


@pytest.mark.parametrize(
    ("items", "kind"),
    [
        (["a", 3], "int"),
        (["a", b"b"], "bytes"),
        (["a", ["b"]], "list"),
        (pd.Series(["a", 2.5]), "float"),
        (TABLE, "dict"),
        (np.array([["a"]]), "list"),
        (pa.array([b"a"]), "bytes"),
    ],
    ids=str,
)
def test_an_item_that_is_no_text_is_named(items, kind):
    with pytest.raises(DataError, match=rf"^item [01] of inputs is of type {kind}, expected text: "):
        as_texts(items, "inputs")


@pytest.mark.parametrize(
    "value",
    [
        None,
        float("nan"),
        np.nan,
        np.float32("nan"),
        pd.NA,
        pd.NaT,
        np.datetime64("NaT"),
        Decimal("NaN"),
        "",
        " \n\u3000",
    ],
)
def test_missing(value):
    assert is_missing(value)


@pytest.mark.parametrize(
    "value", [0, 0.0, False, "nan", "NA", "None", "a", b"", [], np.array([np.nan, 1]), float("inf")]
)
def test_not_missing(value):
    assert not is_missing(value)
