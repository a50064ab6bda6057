"""Which texts to label first."""

import numpy as np
import pytest

from textssl.classification.choosing import choose_rows
from textssl.errors import DataError


def test_every_class_is_visited_before_any_twice(make_classes):
    vectors, classes = make_classes(k=4, per=30, spread=0.05)
    assert sorted(classes[choose_rows(vectors, 4)]) == [0, 1, 2, 3]
    assert np.bincount(classes[choose_rows(vectors, 20)]).min() >= 3


def test_typical_before_odd(make_classes):
    vectors, _ = make_classes(k=2, per=30, spread=0.1)
    odd = np.linalg.qr(np.random.default_rng(1).normal(size=(16, 16)))[0][:3].astype(np.float32)
    assert choose_rows(np.vstack([vectors, odd]), 2).max() < 60


def test_clusterings_given_are_covered(make_classes):
    vectors, _ = make_classes(k=2, per=30)
    groups = np.zeros(60, int)
    groups[[7, 33]] = [1, 2]
    assert {7, 33} <= set(choose_rows(vectors, 3, clusterings=[groups] * 20).tolist())


def test_the_first_are_the_same_for_any_count(make_classes):
    vectors, _ = make_classes()
    assert choose_rows(vectors, 10).tolist() == choose_rows(vectors, 30)[:10].tolist()
    assert len(set(choose_rows(np.vstack([vectors, vectors]), 120))) == 120


def test_too_many_are_asked_for():
    with pytest.raises(DataError, match="cannot choose 3 of 2 distinct texts: ask for fewer"):
        choose_rows(np.eye(3)[[0, 0, 1]], 3)
