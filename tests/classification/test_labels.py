"""Labels as users give them."""

import numpy as np
import pytest

from textssl.classification.labels import is_labelled, read_labels, targets, without
from textssl.errors import DataError


@pytest.mark.parametrize("missing", [None, "", "  ", float("nan"), -1, "-1", np.nan, np.int64(-1)])
def test_what_means_unlabelled(missing):
    found = read_labels(["b", missing, "a", "b"])
    assert found.classes.tolist() == ["a", "b"]
    assert found.y.tolist() == [1, -1, 0, 1]
    assert is_labelled(found.y).tolist() == [True, False, True, True]


def test_numbers_stay_numbers():
    found = read_labels(np.array([7, 3, -1, 3]))
    assert found.classes.tolist() == [3, 7]
    assert found.classes.dtype.kind == "i"


def test_several_labels():
    for labels, separator in (([["a", "b"], [], ["b"], "a"], ""), (["a; b", "", "b", "a"], ";")):
        found = read_labels(labels, separator)
        assert found.classes.tolist() == ["a", "b"]
        assert found.y.tolist() == [[1, 1], [-1, -1], [0, 1], [1, 0]]
        assert targets(found.y, 2).sum() == 4
        assert without(found.y, np.array([0]))[0].tolist() == [-1, -1]


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        ([None, ""], "none of 2 texts is labelled: label at least two texts of each class"),
        ([], "none of 0 texts is labelled"),
        (["a", "a", None], "all labelled texts have the label 'a': label texts of at least two classes"),
        (["a", "b", "c"], "3 classes for 3 labelled texts: label at least two texts of each class"),
        ([["a", "b", "c"], ["a"], None], "3 classes for 2 labelled texts"),
        (["a", 1, "a"], "labels are partly text and partly numbers: give all of them as text"),
    ],
)
def test_too_few_labels(labels, message):
    with pytest.raises(DataError, match=message):
        read_labels(labels)
