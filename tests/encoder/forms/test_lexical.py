from dataclasses import replace

import numpy as np
import pytest
from fitting import fit_encoder

from textssl.encoder.forms.lexical import lexical_vectors
from textssl.encoder.inference.encode import encode
from textssl.encoder.settings import EmbeddingSettings
from textssl.language.lemmas import lemma_numbers
from textssl.language.tokenizer import train_tokenizer

TEXTS = [
    "the sailing boats, the sailing boat",
    "a sailor sails the boat",
    "a baker bakes bread, the bread!",
    "the baking baker",
]
LEXICAL = EmbeddingSettings(form="lexical", dimensions=512)


@pytest.fixture(scope="module")
def tokenizer():
    return train_tokenizer(TEXTS)


@pytest.fixture(scope="module")
def cosine(tokenizer):
    vectors = lexical_vectors(tokenizer, lemma_numbers(tokenizer, "en"), 4096, 0)
    return lambda a, b: float(np.dot(*vectors[tokenizer.convert_tokens_to_ids([a, b])]))


def test_inflections_are_nearer_than_other_words(cosine):
    for a, b in [("boat", "boats"), ("sailing", "sails"), ("bakes", "baker")]:
        assert cosine(a, a) == pytest.approx(1, abs=0.1)
        assert cosine(a, b) > 0.1
    for a, b in [("boat", "bread"), ("sails", "baker"), ("the", "a")]:
        assert abs(cosine(a, b)) < 0.07


def test_every_token_with_a_letter_has_a_vector_and_no_other(tokenizer):
    vectors = lexical_vectors(tokenizer, lemma_numbers(tokenizer, "en"), 64, 0)
    assert vectors.dtype == np.float32
    assert vectors.shape == (len(tokenizer), 64)
    for token in tokenizer.get_vocab():
        expected = token not in tokenizer.all_special_tokens and any(map(str.isalnum, token))
        assert vectors[tokenizer.convert_tokens_to_ids(token)].any() == expected, token


def test_the_seed_alone_decides(tokenizer):
    lemmas = lemma_numbers(tokenizer, "en")
    first, same, other = (lexical_vectors(tokenizer, lemmas, 64, seed) for seed in (1, 1, 2))
    assert first.tobytes() == same.tobytes()
    assert not np.array_equal(first, other)


def test_texts_of_the_same_words_are_alike_also_where_no_text_held_them(tokenizer, tmp_path):
    tokenizer.save_pretrained(tmp_path / "tokenizer")
    encoder = fit_encoder(tmp_path / "tokenizer", TEXTS, tmp_path / "encoder", LEXICAL)
    asked, near, far = encode(encoder, ["boatbreads sail", "sails boatbread", "the baker"])
    assert asked @ near > 0.5
    assert asked @ far < 0.3


def test_a_frequent_word_weighs_less_by_default_than_in_the_static_form(tokenizer, tmp_path):
    tokenizer.save_pretrained(tmp_path / "tokenizer")
    saved = tmp_path / "tokenizer"
    auto, low, high = (
        encode(fit_encoder(saved, TEXTS, tmp_path / str(sif), replace(LEXICAL, sif_a=sif)), TEXTS)
        for sif in ("auto", 0.001, 0.01)
    )
    np.testing.assert_array_equal(auto, low)
    assert not np.allclose(auto, high)


@pytest.fixture
def fit(tmp_path):
    def make(texts, lang="en", **changes):
        train_tokenizer(texts).save_pretrained(tmp_path / "tokenizer")
        settings = replace(LEXICAL, dimensions=2048, **changes)
        return fit_encoder(tmp_path / "tokenizer", texts, tmp_path / "encoder", settings, lang=lang)

    return make


def test_forms_of_a_lemma_are_alike_in_the_language_given(fit):
    texts = ["the mice ran", "a mouse runs"]
    related, apart = (np.prod(encode(fit(texts, lang), ["mice", "mouse"]), axis=0).sum() for lang in ("en", "xx"))
    assert related > apart + 0.3


def test_forms_of_a_lemma_weigh_the_same(fit):
    texts = [*["the dogs bark"] * 9, "the dog barks", "a cat sleeps"]
    encoder = fit(texts)
    numbers = [encoder.tokenizer.token_to_id(word) for word in ("dog", "dogs", "cat")]
    dog, dogs, cat = np.linalg.norm(encoder[0].embedding.weight.detach().numpy()[numbers], axis=1)
    assert dog == pytest.approx(dogs, rel=1e-4)
    assert cat > dog


def test_another_number_makes_more_of_a_difference_than_another_word(fit):
    asked, number, word = encode(fit(["apple 17", "pear 17", "apple 29"]), ["apple 17", "apple 29", "pear 17"])
    assert asked @ number < asked @ word


def test_vectors_are_not_centred_by_default(fit):
    texts = [*TEXTS, "a sailor bakes"]
    plain, uncentred, centred = (encode(fit(texts, **how), texts) for how in ({}, {"centre": False}, {"centre": True}))
    np.testing.assert_array_equal(plain, uncentred)
    assert not np.allclose(plain, centred)
