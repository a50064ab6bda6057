from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import silhouette_score

from textssl.errors import DataError
from textssl.evaluation.metrics import agreement, cosine_silhouette, quality


def blobs(n=60, clusters=3, d=8):
    labels = np.arange(n) % clusters
    random = np.random.default_rng(0)
    return (np.eye(d)[labels] + 0.05 * random.normal(size=(n, d))).astype(np.float32), labels


def test_perfect_agreement_whatever_the_numbers():
    measured = agreement(np.array([5, 5, 2, 2]), ["a", "a", "b", "b"])
    assert measured == {
        "rows": 4,
        "classes": 2,
        **dict.fromkeys(["acc", "nmi", "ari", "homogeneity", "completeness", "v_measure"], 1.0),
    }


def test_noise_is_wrong_for_accuracy_and_a_group_for_the_rest():
    measured = agreement(np.array([0, 0, -1, -1]), ["a", "a", "b", "b"])
    assert measured["acc"] == 0.5
    assert measured["nmi"] == measured["ari"] == 1.0
    assert agreement(np.array([-1, -1]), [0, 1])["acc"] == 0.0


def test_each_cluster_is_matched_to_one_class():
    assert agreement(np.array([0, 0, 1, 1]), ["a", "a", "a", "b"])["acc"] == 0.75
    assert agreement(np.array([0, 1, 2, 3]), ["a", "a", "b", "b"])["acc"] == 0.5


def test_rows_without_a_label_are_left_out():
    measured = agreement(np.array([0, 1, 0, 1]), ["a", "b", None, float("nan")])
    assert (measured["rows"], measured["acc"]) == (2, 1.0)


@pytest.mark.parametrize(
    "missing",
    [None, float("nan"), np.float32("nan"), np.datetime64("NaT"), pd.NaT, pd.NA, Decimal("nan"), "", "  ", "\t\n"],
    ids=repr,
)
def test_whatever_stands_for_a_missing_label_is_left_out(missing):
    measured = agreement(np.array([0, 1, 1, 0]), ["a", missing, "b", missing])
    assert measured["rows"] == measured["classes"] == 2
    assert measured["acc"] == 1.0


def test_labels_in_an_array_of_numbers():
    measured = agreement(np.array([0, 1, 1, 0]), np.array([0.0, np.nan, 2.0, 2.0]))
    assert (measured["rows"], measured["classes"]) == (3, 2)


def test_one_class_is_not_scored():
    assert agreement(np.array([0, 0, 1]), ["a", "a", None]) == {"rows": 2, "classes": 1}


def test_unusable_labels():
    with pytest.raises(DataError, match="1 known labels for 2 texts: give one for each text"):
        agreement(np.array([0, 1]), ["a"])
    with pytest.raises(DataError, match="no text has a known label"):
        agreement(np.array([0, 1]), [None, None])


def test_quality_of_clear_clusters():
    embeddings, labels = blobs()
    labels[:6] = -1
    measured = quality(embeddings, labels)
    assert measured["clusters"] == 3
    assert measured["coverage"] == 0.9
    assert (measured["smallest"], measured["median"], measured["largest"]) == (18, 18, 18)
    assert measured["silhouette"] > 0.9
    sampled = quality(embeddings, labels, seed=1, points=20)["silhouette"]
    assert sampled == quality(embeddings, labels, seed=1, points=20)["silhouette"] != measured["silhouette"]


@pytest.mark.parametrize("labels", [[-1, -1, -1], [0, 0, 0], [0, 1, 2], []])
def test_quality_without_two_clusters_has_no_silhouette(labels):
    assert "silhouette" not in quality(np.eye(3, dtype=np.float32)[: len(labels)], np.array(labels, int))


def test_the_silhouette_is_that_of_all_pairs():
    random = np.random.default_rng(0)
    vectors, labels = random.normal(size=(200, 6)), random.integers(5, size=200)
    vectors[labels == 0] += 2
    vectors[7], labels[9] = 0, 99
    assert cosine_silhouette(vectors, labels) == pytest.approx(silhouette_score(vectors, labels, metric="cosine"))
