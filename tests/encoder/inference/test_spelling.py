"""Words that are misspelt: a static encoder reads them as the known words that are spelled most like them."""

import numpy as np
import pytest

from textssl import TextEncoder, encode
from textssl.encoder.inference.spelling import PlainLetters
from textssl.language.tokenizer import train_tokenizer

TEXTS = [
    "the captain saw the harbour",
    "the captain left the harbour by boat",
    "a boat with an anchor and a sail",
    "an anchor holds the boat in the wind",
    "the doctor saw the patient",
    "the doctor cured the patient at the clinic",
    "a clinic with a nurse and a ward",
    "a nurse helps the patient in the ward, room 10",
] * 8


@pytest.fixture(scope="module")
def encoder():
    return TextEncoder(dimensions=6).fit(list(dict.fromkeys(TEXTS)))


def cosines(encoder, texts, others):
    return (encode(encoder, texts) * encode(encoder, others)).sum(axis=1)


@pytest.mark.parametrize(
    "misspelt",
    ["harbuor", "harbor", "harrbour", "hsrbour", "HARBUOR", "arbour", "ahrbour", "hárbour", "hаrbour", "harb0ur"],
)
def test_a_misspelt_word_is_read_as_the_known_word(encoder, misspelt):
    assert cosines(encoder, [misspelt], ["harbour"]) == pytest.approx([1])
    assert cosines(encoder, [f"the {misspelt}, by boat"], ["the harbour, by boat"]) == pytest.approx([1])


def test_two_words_written_together_are_read_as_both(encoder):
    assert cosines(encoder, ["thepatient", "clinicboat"], ["the patient", "clinic boat"]) == pytest.approx([1, 1])


@pytest.mark.parametrize("unknown", ["harxxxr", "wrd", "hrbor", "1234567", "zzzzharbour", "海", "🦊🦊🦊🦊"])
def test_a_word_that_is_like_no_other_is_not_read(encoder, unknown):
    assert not encode(encoder, [unknown]).any()
    assert cosines(encoder, [f"the boat {unknown}"], ["the boat"]) == pytest.approx([1])


def test_the_more_frequent_of_two_words_is_read():
    texts = [
        "coast road",
        "coast wind",
        "coast rain",
        "roast meat",
        "roast fish",
        "road rain",
        "meat fish",
        "wind road",
    ]
    encoder = TextEncoder(dimensions=4).fit(texts)
    assert cosines(encoder, ["toast"], ["coast"]) == pytest.approx([1])


def test_texts_of_known_words_have_the_vectors_that_the_folder_gives_without_textssl(encoder):
    known = ["the captain saw the harbour", "a nurse helps the patient in the ward", "the boat, the boat"]
    np.testing.assert_allclose(encode(encoder, known), encoder.sentence_transformer.encode(known), atol=1e-6)


def test_the_order_and_the_company_of_texts_do_not_matter(encoder):
    texts = ["the harbuor", "harbour", "docotr xyzzy", "", "thepatient nurrse"]
    together = encode(encoder, texts)
    alone = np.stack([encode(encoder, text) for text in texts])
    np.testing.assert_allclose(together, alone, atol=1e-6)
    np.testing.assert_allclose(encode(encoder, texts[::-1]), together[::-1], atol=1e-6)


def test_letters_that_the_texts_have_stay():
    backend = train_tokenizer(["le café est fermé", "la liberté de parler"] * 30).backend_tokenizer
    assert PlainLetters(backend).read("café cafe\u0301 naïve Ê") == "café café naive E"
    assert PlainLetters(backend).read("ра") == "pa"


def test_byte_level_tokenizers_read_every_letter():
    backend = train_tokenizer(["今天天气很好", "明天天气不好"] * 30).backend_tokenizer
    assert PlainLetters(backend).read("今é海") == "今é海"
