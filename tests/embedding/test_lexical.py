from dataclasses import replace

import numpy as np
import pytest

from textssl.embedding.encoding import encode
from textssl.embedding.fitting import fit_encoder
from textssl.embedding.lexical import lexical_vectors
from textssl.embedding.settings import EmbeddingSettings
from textssl.pretraining.tokenizer import train_tokenizer

TEXTS = [
    "the sailing boats, the sailing boat",
    "a sailor sails the boat",
    "a baker bakes bread, the bread!",
    "the baking baker",
]
LEXICAL = EmbeddingSettings(form="lexical", dimensions=512, centre=False)


@pytest.fixture(scope="module")
def tokenizer():
    return train_tokenizer(TEXTS)


@pytest.fixture(scope="module")
def cosine(tokenizer):
    vectors = lexical_vectors(tokenizer, 4096, 0)
    return lambda a, b: float(np.dot(*vectors[tokenizer.convert_tokens_to_ids([a, b])]))


def test_inflections_are_nearer_than_other_words(cosine):
    for a, b in [("boat", "boats"), ("sailing", "sails"), ("bakes", "baker")]:
        assert cosine(a, a) == pytest.approx(1, abs=0.1)
        assert cosine(a, b) > 0.1
    for a, b in [("boat", "bread"), ("sails", "baker"), ("the", "a")]:
        assert abs(cosine(a, b)) < 0.07


def test_every_token_with_a_letter_has_a_vector_and_no_other(tokenizer):
    vectors = lexical_vectors(tokenizer, 64, 0)
    assert vectors.dtype == np.float32
    assert vectors.shape == (len(tokenizer), 64)
    for token in tokenizer.get_vocab():
        expected = token not in tokenizer.all_special_tokens and any(map(str.isalnum, token))
        assert vectors[tokenizer.convert_tokens_to_ids(token)].any() == expected, token


def test_the_seed_alone_decides(tokenizer):
    first, same, other = (lexical_vectors(tokenizer, 64, seed) for seed in (1, 1, 2))
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
        encode(fit_encoder(saved, TEXTS, tmp_path / str(sif), replace(LEXICAL, sif=sif)), TEXTS)
        for sif in ("auto", 0.001, 0.01)
    )
    np.testing.assert_array_equal(auto, low)
    assert not np.allclose(auto, high)
