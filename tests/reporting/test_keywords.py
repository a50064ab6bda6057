import time

import numpy as np
import pytest

from textssl.language.words import split_words
from textssl.reporting.keywords import Keyword, cluster_keywords, cluster_names

KEYWORDS = [Keyword("engine", 3.0), Keyword("noise", 2.0), Keyword("cabin", 1.0)]


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


def test_a_table_of_numbers_does_not_drown_the_words_of_its_cluster():
    numbers = " ".join(map(str, range(1000, 1020)))
    texts = ["ya na timu " + numbers, "ya na mpira " + numbers, "ya na rais", "ya na kura"] * 5
    words = [keyword.word for keyword in cluster_keywords(texts, np.array([0, 0, 1, 1] * 5), "sw", top=30)[1]]
    assert words == ["kura", "rais", "na", "ya"]


def test_numbers_and_letters_come_last_but_for_those_that_tell_a_cluster():
    texts = [f"{word} {kind} {n} r" for n in range(6) for word, kind in (("flight", "747"), ("train", "express"))]
    keywords = cluster_keywords(texts, np.array([0, 1] * 6))
    assert {keyword.word for keyword in keywords[0][:2]} == {"flight", "747"}
    assert [keyword.word for keyword in keywords[1][:2]] == ["express", "train"]
    assert {keyword.word for keyword in keywords[1][2:]} == {*"012345r"}


def test_a_cluster_without_topics_still_has_keywords():
    texts = ["10 20", "10 30", "to be or not to be", "it is what it is", "😀 😀 !", "😀", "boats sail", "sail a boat"]
    keywords = cluster_keywords(texts, np.arange(8) // 2)
    words = {cluster: [keyword.word for keyword in found] for cluster, found in keywords.items()}
    assert words[0] == ["10", "20", "30"]
    assert words[1][0] in {"be", "is", "it", "to"}
    assert words[2] == ["😀", "!"]
    assert words[3][0] in {"boat", "boats", "sail"}


def test_a_cluster_of_long_unrepeated_runs_is_described_by_their_beginning():
    text = "昨夜狂風驟雨山中小屋屋頂全毀所幸無人傷亡"
    assert [keyword.word for keyword in cluster_keywords([text], np.array([0]), "zh")[0]] == [text]


def test_blank_texts_and_no_clusters():
    keywords = cluster_keywords([" ", "\n", "solar panel"], np.array([0, 1, 2]))
    assert {id: [keyword.word for keyword in found] for id, found in keywords.items()} == {
        0: [],
        1: [],
        2: ["panel", "solar"],
    }
    names = cluster_names(keywords, [" ", "\n", "solar panel"], np.array([0, 1, 2]))
    assert names == {0: "cluster (0)", 1: "cluster (1)", 2: "panel, solar"}
    assert cluster_keywords(["a", "b"], np.array([-1, -1])) == {}


def test_clusters_that_share_keywords_are_named_by_what_differs():
    words = ["left", "right"]
    texts = [f"engine noise cabin {word} {word}wards" for word in words for _ in range(8)] + ["cheese bread soup"] * 8
    labels = np.arange(24) // 8
    keywords = {0: KEYWORDS, 1: KEYWORDS[::-1], 2: [Keyword("cheese", 1.0)]}
    names = cluster_names(keywords, texts, labels)
    assert names[2] == "cheese"
    assert names[0] == "engine, left, leftwards"
    assert names[1] == "cabin, right, rightwards"


def test_large_clusters_are_sampled_evenly():
    texts = ["start"] * 10 + ["middle"] * 80 + ["finish"] * 10
    words = cluster_keywords(texts, np.zeros(100, int), per_cluster=5)[0]
    assert {keyword.word for keyword in words} == {"start", "middle", "finish"}


def test_twenty_thousand_short_texts_are_quick():
    words = np.array([f"word{chr(97 + i % 26)}{chr(97 + i // 26)}" for i in range(600)])
    random = np.random.default_rng(0)
    texts = [" ".join(row) for row in words[random.integers(0, 600, (20_000, 8))]]
    split_words(["warm up"])
    start = time.process_time()
    cluster_keywords(texts, random.integers(0, 20, 20_000))
    assert time.process_time() - start < 10
