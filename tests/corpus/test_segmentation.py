import pytest

from textssl.corpus.segmentation import split_paragraphs, split_sentences
from textssl.errors import UsageError


def test_paragraphs_are_parted_by_blank_lines():
    assert split_paragraphs("one\ntwo\n\nthree\r\n \t\r\nfour") == ["one\ntwo", "three\r", "four"]


def test_sentences_come_text_by_text():
    texts = ["Foxes jump. Dogs run! Do they?", "", "Dr. Fox sleeps."]
    sentences = list(split_sentences(texts, "en"))
    assert [[sentence.strip() for sentence in text] for text in sentences] == [
        ["Foxes jump.", "Dogs run!", "Do they?"],
        [],
        ["Dr. Fox sleeps."],
    ]


@pytest.mark.parametrize("lang", ["zh", "zh-Hant", "Chinese"])
def test_other_languages(lang):
    assert list(split_sentences(["我喜欢吃饭。你呢？"], lang)) == [["我喜欢吃饭。", "你呢？"]]


def test_a_language_that_spacy_lacks_is_cut_at_the_same_signs():
    (sentences,) = split_sentences(["Rais wa nchi. Je, ni kweli? Ndiyo."], "Swahili")
    assert [sentence.strip() for sentence in sentences] == ["Rais wa nchi.", "Je, ni kweli?", "Ndiyo."]


def test_long_texts_are_cut_and_lose_nothing():
    text = "The fox runs over the hill. " * 3000 + "x" * 50_000
    (sentences,) = split_sentences([text], "en")
    assert "".join(sentences).replace(" ", "") == text.replace(" ", "")
    assert {sentence.strip() for sentence in sentences[:3000]} == {"The fox runs over the hill."}


def test_many_texts_keep_their_order():
    texts = [f"Fox {i}. Dog {i}." for i in range(1200)]
    assert [[s.strip() for s in text] for text in split_sentences(texts, "en")] == [
        [f"Fox {i}.", f"Dog {i}."] for i in range(1200)
    ]


def test_an_unknown_language_is_refused():
    with pytest.raises(UsageError, match="unknown language 'klingon'"):
        list(split_sentences(["x"], "klingon"))


def test_a_missing_package_is_named(monkeypatch):
    def refuse(lang):
        raise ImportError("needs\n SomePackage")

    monkeypatch.setattr("spacy.blank", refuse)
    with pytest.raises(UsageError, match="'ja' needs a missing package: needs SomePackage"):
        list(split_sentences(["x"], "ja"))
