import numpy as np
import pytest

from textssl.evaluation.baseline import tfidf_kmeans

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


def test_texts_of_the_same_words_are_one_group():
    assert tfidf_kmeans(["the soup was cold", "the soup was hot"], 2).tolist() == [0, 0]


def test_more_groups_than_texts():
    assert len(tfidf_kmeans(TEXTS, 9)) == 6


@pytest.mark.parametrize(
    ("places", "doings"),
    [
        ((["貨輪", "碼頭"], ["村民", "果園"]), (["恢復通航", "颱風來襲"], ["價格上漲", "收成很好"])),
        ((["バス", "電車"], ["パン", "カレー"]), (["が駅に遅れた", "が朝に混んだ"], ["を店で食べた", "が熱くて甘い"])),
        ((["รถเมล์", "รถไฟ"], ["กาแฟ", "ข้าวผัด"]), (["คนแน่นมาก", "มาสาย"], ["อร่อยดี", "เย็นชืด"])),
    ],
)
def test_texts_without_spaces_are_compared_by_their_characters(places, doings):
    texts = [place + doing for i in (0, 1) for place in places[i] for doing in doings[i]]
    assert not any(" " in text for text in texts)
    labels = tfidf_kmeans(texts, 2)
    assert len(set(labels[:4])) == len(set(labels[4:])) == 1
    assert labels[0] != labels[4]
