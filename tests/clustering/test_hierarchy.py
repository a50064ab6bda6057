import numpy as np
import pytest

from textssl.clustering.hierarchy import Hierarchy
from textssl.clustering.saving import load_hierarchy, save_hierarchy
from textssl.clustering.settings import HierarchySettings, level_numbers
from textssl.errors import DataError, UsageError


@pytest.fixture(scope="module")
def nested():
    """Return vectors of 3 topics of 4 clusters each, and the clusters."""
    random = np.random.default_rng(0)
    topics = 3 * random.normal(size=(3, 16))
    clusters = np.repeat(topics, 4, axis=0) + 1.2 * random.normal(size=(12, 16))
    labels = np.repeat(np.arange(12), 50)
    return clusters[labels] + 0.4 * random.normal(size=(600, 16)), labels


@pytest.fixture(scope="module")
def hierarchy(nested):
    return Hierarchy(numbers=(3, 40), rows_per_group=10, random_state=0).fit(*nested)


def test_coarser_levels_are_the_topics(nested, hierarchy):
    topics = hierarchy.predict(*nested)[0]
    assert [len(level.parents) for level in hierarchy.levels()] == [3, 12, 40]
    assert [len(np.unique(part)) for part in np.split(topics, 3)] == [1, 1, 1]
    assert len(np.unique(topics)) == 3


def test_every_cluster_lies_in_its_parent(nested, hierarchy):
    found = hierarchy.predict(*nested)
    for above, below, level in zip(found, found[1:], hierarchy.levels()[1:], strict=False):
        np.testing.assert_array_equal(level.parents[below], above)
    assert (hierarchy.levels()[0].parents == -1).all()


def test_the_given_clusters_are_a_level(nested, hierarchy):
    vectors, labels = nested
    np.testing.assert_array_equal(hierarchy.predict(vectors, labels)[hierarchy.given_[0]], labels)


def test_distinct_topics_last_longer_than_parts_of_a_cluster(hierarchy):
    topics, _, parts = (level.persistences for level in hierarchy.levels())
    assert topics.min() > parts.max()
    assert parts.min() >= 0


def test_rows_in_no_cluster_are_in_none_at_every_level(nested):
    vectors, labels = nested
    some = np.where(np.arange(600) % 7, labels, -1)
    found = Hierarchy(random_state=0).fit(vectors, some).predict(vectors, some)
    assert (found[:, some < 0] == -1).all()
    assert (found[:, some >= 0] >= 0).all()


def test_without_any_cluster_there_is_one_empty_level(nested):
    vectors, labels = nested
    none = np.full_like(labels, -1)
    hierarchy = Hierarchy(random_state=0).fit(vectors, none)
    assert (hierarchy.predict(vectors, none) == -1).all()
    assert [len(level.parents) for level in hierarchy.levels()] == [0]


@pytest.mark.parametrize(("given", "levels"), [(2, [2, 12]), (12, [2, 12]), (20, [3, 20]), (80, [2, 13, 80])])
def test_numbers_follow_from_the_given_one(given, levels):
    vectors = np.random.default_rng(0).normal(size=(800, 4))
    hierarchy = Hierarchy(random_state=0).fit(vectors, np.arange(800) % given)  # at most 32 groups of 25 rows
    assert [len(level.parents) for level in hierarchy.levels()] == levels


def test_a_level_that_the_texts_do_not_have():
    hierarchy = Hierarchy(numbers=(2, 50), random_state=0).fit(np.eye(4), np.arange(4))
    assert [len(level.parents) for level in hierarchy.levels()] == [2, 4]
    assert hierarchy.notes_ == ("the texts have no level of 50 clusters",)


def test_equal_rows_make_one_small_group():
    hierarchy = Hierarchy(numbers=(3,), random_state=0).fit(np.ones((20, 3)), np.zeros(20, int))
    assert hierarchy.groups_.shape == (1, 3)


def test_a_saved_hierarchy_predicts_the_same(nested, hierarchy, tmp_path):
    save_hierarchy(hierarchy, tmp_path / "hierarchy")
    np.testing.assert_array_equal(load_hierarchy(tmp_path / "hierarchy").predict(*nested), hierarchy.predict(*nested))
    (tmp_path / "hierarchy").write_bytes(b"")
    with pytest.raises(DataError, match="is damaged or not a hierarchy of textssl"):
        load_hierarchy(tmp_path / "hierarchy")


@pytest.mark.parametrize(("levels", "numbers"), [("auto", ()), (30, (30,)), ("100, 10", (10, 100)), ("5,5", (5,))])
def test_numbers_of_levels(levels, numbers):
    assert level_numbers(HierarchySettings(levels).levels) == numbers


@pytest.mark.parametrize("levels", ["ten", "10,,20", "0", "-3", "", "1.5"])
def test_levels_that_are_no_numbers(levels):
    with pytest.raises(UsageError, match=r"hierarchy.levels expects auto or numbers .* got .*: write 10,100,1000"):
        HierarchySettings(levels)
