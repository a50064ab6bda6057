import numpy as np

from textssl.reporting.baseline import tfidf_kmeans

TEXTS = ["boat sail harbour", "sail boat wind", "harbour wind boat", "flour cake oven", "cake oven sugar", "flour cake"]


def test_texts_are_grouped_by_their_words():
    labels = tfidf_kmeans(TEXTS, 2)
    assert labels.dtype == np.int32
    assert len(set(labels[:3])) == len(set(labels[3:])) == 1
    assert labels[0] != labels[3]


def test_the_same_seed_gives_the_same_groups():
    assert np.array_equal(tfidf_kmeans(TEXTS, 3, seed=4), tfidf_kmeans(TEXTS, 3, seed=4))


def test_texts_without_a_repeated_word_are_one_group():
    assert tfidf_kmeans(["red fox", "old dog", "!?"], 2).tolist() == [0, 0, 0]
    assert tfidf_kmeans(["red"], 1).tolist() == [0]


def test_one_repeated_word():
    labels = tfidf_kmeans(["red fox", "red dog", "blue cat"], 2)
    assert labels[0] == labels[1] != labels[2]


def test_more_groups_than_texts():
    assert len(tfidf_kmeans(TEXTS, 9)) == 6
