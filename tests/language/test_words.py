import numpy as np
import pytest

from textssl.errors import UsageError
from textssl.language.stop_words import stop_words
from textssl.language.words import TokenizedTexts, split_words


def test_words_without_stop_words_and_signs():
    assert split_words(["The cats, and 3 dogs: running in C++!"]) == [["cats", "3", "dogs", "running", "c++"]]
    assert split_words(["It's the dog's bone"]) == [["dog", "bone"]]
    assert split_words(["", " \n", "12 34 ... !"]) == [[], [], ["12", "34"]]


def test_what_is_kept():
    text = "To be, or not 😀!"
    assert split_words([text]) == [[]]
    assert split_words([text], keep="words") == [["to", "be", "or", "not"]]
    assert split_words([text], keep="all") == [["To", "be", ",", "or", "not", "😀", "!"]]
    assert split_words(["字" * 100], "zh", keep="all") == [["字" * 40]]


def test_forms_of_a_lemma_are_joined_under_the_most_used():
    assert split_words(["data data cats", "cat cat datum"]) == [["data", "data", "cat"], ["cat", "cat", "data"]]


@pytest.mark.parametrize(
    ("lang", "text", "words"),
    [
        ("zh", "基金市场，3G手机", ["基金市场", "3g", "手机"]),
        ("zh-CN", "基金市", ["基金市"]),
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
    assert split_words([text], lang) == [words]


def test_a_text_of_a_million_characters_is_read():
    assert split_words(["word " * 400_000])[0][0] == "word"


def test_an_unknown_language_is_refused():
    with pytest.raises(UsageError, match="unknown language 'klingon'"):
        split_words(["nuqneH"], "klingon")


def test_stop_words():
    assert {"the", "and"} <= stop_words("English") == stop_words("en")
    assert "und" in stop_words("de_AT")
    assert stop_words("sw") == stop_words("xx") == frozenset()


@pytest.mark.parametrize("keep", ["topics", "words", "all"])
@pytest.mark.parametrize("lang", ["en", "de", "zh", "sw"])
def test_texts_split_once_have_the_same_words(keep, lang, tmp_path):
    texts = [
        "The mice were running, Running!",
        "",
        "Häuser am 高大的房子 高大的房子",
        "a mouse's data: 3.5 c++",
        "runs mice",
    ]
    TokenizedTexts.of(texts, lang).save(tmp_path / "words.parquet")
    loaded = TokenizedTexts.load(tmp_path / "words.parquet")
    assert len(loaded) == 5
    for some in ([0, 1, 2, 3, 4], [4, 0], [3]):
        assert loaded.words(np.array(some), keep) == split_words([texts[i] for i in some], lang, keep)


def test_no_texts_split_once(tmp_path):
    TokenizedTexts.of([]).save(tmp_path / "words.parquet")
    assert len(TokenizedTexts.load(tmp_path / "words.parquet")) == 0
