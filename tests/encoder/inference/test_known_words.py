"""Texts without a word that the encoder knows: as blank ones, their vector is zero."""

import numpy as np
import pytest
from fitting import fit_encoder
from foreign import checkpoint
from sentence_transformers import SentenceTransformer
from sentence_transformers.base.modules import Transformer
from sentence_transformers.sentence_transformer.modules import Pooling, StaticEmbedding

from textssl.encoder.inference.encode import encode, load_encoder
from textssl.encoder.settings import EmbeddingSettings
from textssl.language.tokenizer import train_tokenizer

UNKNOWN = ["xyzzy", "кошка", "🦊", "!!!", "boatxyz harbourish", ""]  # "boat" is known, "boatxyz" is not


@pytest.fixture(scope="module", params=["static", "transformer"])
def encoder(request, language_model, texts, tmp_path_factory):
    settings = EmbeddingSettings(form=request.param, dimensions=12, sentence_tokens=0, max_length=16)
    return fit_encoder(language_model, texts, tmp_path_factory.mktemp("known") / request.param, settings)


def test_texts_without_a_known_word_are_zero(encoder):
    vectors = encode(encoder, [*UNKNOWN, "boat", "xyzzy boat 🦊"])
    assert np.linalg.norm(vectors, axis=1) == pytest.approx([0] * len(UNKNOWN) + [1, 1])
    assert not encode(encoder, ["xyzzy"], truncate_dim=4).any()


def test_pieces_of_a_long_text_without_a_known_word_say_nothing(encoder):
    piece, nothing = "boat sail wind harbour anchor deck captain " * 2, "🦊 !!! кошка " * 20
    vectors = encode(encoder, [piece + nothing, piece, nothing])
    assert np.linalg.norm(vectors, axis=1) == pytest.approx([1, 1, 0])
    np.testing.assert_allclose(vectors[0], vectors[1], atol=1e-2)  # in bfloat16, where the machine has it


def test_such_texts_of_the_corpus_move_no_centre(language_model, texts, tmp_path):
    settings = EmbeddingSettings(form="static", dimensions=12)
    plain = encode(fit_encoder(language_model, texts, tmp_path / "plain", settings), texts)
    mixed = fit_encoder(language_model, [*texts, "🦊", "кошка"], tmp_path / "mixed", settings)
    np.testing.assert_allclose(encode(mixed, texts), plain, atol=1e-5)


def test_bytes_of_an_unknown_script_are_no_words(tmp_path):
    chinese = ["今天天气很好适合出门", "明天天气不好会下大雨", "股票市场今天大幅上涨", "股票市场昨天小幅下跌"]
    tokenizer = train_tokenizer(chinese * 2)
    tokenizer.save_pretrained(tmp_path / "lm")
    encoder = fit_encoder(tmp_path / "lm", chinese, tmp_path / "encoder", EmbeddingSettings(form="static"))
    assert np.linalg.norm(encode(encoder, ["今天", "ไก่จิกเด็ก", "🦊"]), axis=1) == pytest.approx([1, 0, 0])


def test_a_ready_made_encoder_knows_every_token_but_the_unknown(texts, tmp_path):
    folder = checkpoint("xlm-roberta", texts, tmp_path / "checkpoint", size=120)
    backbone = Transformer(str(folder))
    SentenceTransformer(modules=[backbone, Pooling(32, "mean")]).save(str(tmp_path / "st"), create_model_card=False)
    encoder = load_encoder(tmp_path / "st")
    assert np.linalg.norm(encode(encoder, ["boat", "🦊", "boatsail"]), axis=1) == pytest.approx([1, 0, 1])
    encoder.prompts, encoder.default_prompt_name = {"query": "the boat "}, "query"
    assert np.linalg.norm(encode(encoder, ["boat", "🦊"]), axis=1) == pytest.approx([1, 0])
    long = " ".join(texts[:40])  # beyond its 66 positions, of which two go before the first token
    assert np.isfinite(encode(encoder, [long, "boat"])).all()


def test_a_ready_made_static_encoder(texts):
    static = StaticEmbedding(train_tokenizer(texts).backend_tokenizer, embedding_dim=8)
    found = encode(SentenceTransformer(modules=[static]), ["boat", "кошка", "boatsail"])
    assert np.linalg.norm(found, axis=1) == pytest.approx([1, 0, 1])
