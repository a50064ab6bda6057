import time

import numpy as np
import pytest

from textssl.reporting.keywords import cluster_keywords, tokenize


def test_words_without_stop_words_signs_and_numbers():
    assert tokenize(["The cats, and 3 dogs: running in C++!"]) == [["cats", "dogs", "running", "c++"]]
    assert tokenize(["", " \n", "12 34 ... !"]) == [[], [], []]


def test_forms_of_a_lemma_are_joined_under_the_most_used():
    assert tokenize(["data data cats", "cat cat datum"]) == [["data", "data", "cat"], ["cat", "cat", "data"]]


@pytest.mark.parametrize(
    ("lang", "text", "words"),
    [
        ("zh", "基金市场，3G手机", ["基金", "金市", "市场", "3g", "手机"]),
        ("zh-CN", "基金市", ["基金", "金市"]),
        ("xx", "Rais wa nchi", ["rais", "wa", "nchi"]),
        ("Kiswahili", "Rais wa nchi", ["rais", "wa", "nchi"]),
        ("English", "The cats and dogs", ["cats", "dogs"]),
        ("deutsch", "Das Haus, die Häuser", ["haus", "haus"]),
        ("de_DE.UTF-8", "Das Haus, die Häuser", ["haus", "haus"]),
        ("en", "基金 fund", ["基金", "fund"]),
        ("ja", "東京でサッカーの試合", ["東京", "サッカー", "試合"]),
        ("th", "กี่ปี", ["กี่ปี"]),
        ("sw", "Rais wa nchi", ["rais", "wa", "nchi"]),
        ("hi", "हिन्दी भाषा", ["हिन्दी", "भाषा"]),
        ("de", "Das Haus, das Haus, die Häuser", ["haus", "haus", "haus"]),
        ("xx", "Cafe\u0301", ["café"]),
    ],
)
def test_languages(lang, text, words):
    assert tokenize([text], lang) == [words]


def test_a_text_of_a_million_characters_is_read():
    assert tokenize(["word " * 400_000])[0][0] == "word"


def test_keywords_set_clusters_apart_and_noise_has_none():
    texts = ["red apple fruit", "green apple fruit", "fast car road", "old car road", "spam spam"]
    keywords = cluster_keywords(texts, np.array([0, 0, 4, 4, -1]), top=2)
    assert {id: {keyword.word for keyword in words} for id, words in keywords.items()} == {
        0: {"apple", "fruit"},
        4: {"car", "road"},
    }
    # apple: 2 of 6 words of its cluster, 2 in all; the clusters have 6 words on average
    assert keywords[0][0].weight == pytest.approx(2 / 6 * np.log(1 + 6 / 2))


def test_function_words_come_last_where_no_list_of_them_exists():
    texts = ["ya na timu", "ya na mpira", "ya na rais", "ya na kura"] * 5
    keywords = cluster_keywords(texts, np.array([0, 0, 1, 1] * 5), "sw", top=4)
    assert [keyword.word for keyword in keywords[0]] == ["mpira", "timu", "na", "ya"]


def test_clusters_without_words_and_no_clusters():
    assert cluster_keywords(["...", "!!!"], np.array([0, 1])) == {0: [], 1: []}
    assert cluster_keywords(["a", "b"], np.array([-1, -1])) == {}
    assert [k.word for k in cluster_keywords(["solar panel"], np.array([0]))[0]] == ["panel", "solar"]


def test_large_clusters_are_sampled_evenly():
    texts = ["start"] * 10 + ["middle"] * 80 + ["finish"] * 10
    words = cluster_keywords(texts, np.zeros(100, int), per_cluster=5)[0]
    assert {keyword.word for keyword in words} == {"start", "middle", "finish"}


def test_twenty_thousand_short_texts_are_quick():
    words = np.array([f"word{chr(97 + i % 26)}{chr(97 + i // 26)}" for i in range(600)])
    random = np.random.default_rng(0)
    texts = [" ".join(row) for row in words[random.integers(0, 600, (20_000, 8))]]
    tokenize(["warm up"])
    start = time.process_time()
    cluster_keywords(texts, random.integers(0, 20, 20_000))
    assert time.process_time() - start < 10
