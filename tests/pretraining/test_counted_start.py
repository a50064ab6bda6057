"""A new language model starts from the co-occurrences of the texts that it learns from."""

import random
from dataclasses import replace

import numpy as np
import pytest
import torch
from subjects import WORDS
from transformers import AutoModelForMaskedLM

from textssl.language.bag_of_words import word_bags
from textssl.language.cooccurrence import token_vectors
from textssl.pretraining import pretraining
from textssl.pretraining.backbones import new_backbone
from textssl.pretraining.counted_start import start_from_counts, without_mean
from textssl.pretraining.objectives.registry import OBJECTIVES
from textssl.pretraining.pretraining import prepare, pretrain
from textssl.pretraining.settings import PretrainingSettings

SHORT = PretrainingSettings(tokens=10_000, held_out=0.1, batch_tokens=256)


def table_of(setup):
    return setup.model.get_input_embeddings().weight.detach().cpu().numpy()


def cosines(vectors):
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors @ vectors.T / (lengths * lengths.T)


def test_rows_without_a_mean_keep_lengths_and_angles():
    vectors = np.random.default_rng(0).normal(size=(20, 7)).astype(np.float32)
    for width in (8, 32):
        rows = without_mean(vectors, width)
        assert rows.shape == (20, width)
        assert rows.dtype == np.float32
        np.testing.assert_allclose(rows.mean(axis=1), 0, atol=1e-6)
        np.testing.assert_allclose(rows @ rows.T, vectors @ vectors.T, atol=1e-4)


@pytest.mark.parametrize("objective", OBJECTIVES)
def test_the_table_is_the_factorised_pmi_of_the_learned_texts(objective, texts):
    setup = prepare(texts, replace(SHORT, objective=objective))
    bags = word_bags(setup.learned, setup.tokenizer)
    vectors, table = token_vectors(bags, 127, 0), table_of(setup)
    counted = vectors.any(axis=1)
    assert 15 < counted.sum() < len(table)
    np.testing.assert_allclose(cosines(table[counted]), cosines(vectors[counted]), atol=1e-4)
    lengths = np.linalg.norm(table[counted], axis=1) / np.linalg.norm(vectors[counted], axis=1)
    np.testing.assert_allclose(lengths, lengths[0], rtol=1e-4)  # one factor for all
    assert np.sqrt(np.square(table[counted]).mean()) == pytest.approx(0.02)


def test_other_rows_stay_random(texts):
    setup = prepare(texts, SHORT)
    with torch.random.fork_rng():
        torch.manual_seed(0)
        at_random = new_backbone("mlm", "tiny", setup.tokenizer, 256).get_input_embeddings().weight.detach().numpy()
    table = table_of(setup)
    special = setup.tokenizer.all_special_ids
    np.testing.assert_array_equal(table[special], at_random[special])
    words = setup.tokenizer.convert_tokens_to_ids(["farmer", "boat"])
    assert not np.isclose(table[words], at_random[words]).all(axis=1).any()


def test_words_of_held_out_texts_alone_keep_their_random_rows(texts):
    half = replace(SHORT, held_out=0.5)
    setup = prepare([text.replace("farmer", f"farmer{row // 2}") for row, text in enumerate(texts)], half)
    bags = word_bags(setup.learned, setup.tokenizer)
    vectors = token_vectors(bags, 127, 0)
    counted = vectors.any(axis=1)
    np.testing.assert_allclose(cosines(table_of(setup)[counted]), cosines(vectors[counted]), atol=1e-4)
    known = np.unique(setup.learned.ids)
    aside = [number for number in np.unique(setup.held_out.ids) if number not in known]
    assert aside
    assert not counted[aside].any()


def test_texts_packed_into_one_block_count_as_separate_texts(texts):
    setup = prepare(texts, replace(SHORT, held_out=0.0))
    with torch.random.fork_rng():
        torch.manual_seed(0)
        model = new_backbone("mlm", "tiny", setup.tokenizer, 256)
    block = setup.learned.packed(len(setup.learned.ids))
    assert len(block.lengths) == 1
    start_from_counts(model, block, setup.tokenizer, 0)
    np.testing.assert_allclose(model.get_input_embeddings().weight.detach().numpy(), table_of(setup), atol=1e-6)


def test_a_model_without_words_to_count_stays_random():
    setup = prepare(["!!!", "?"], SHORT)
    assert np.isfinite(table_of(setup)).all()
    assert table_of(setup).any(axis=1).sum() >= len(setup.tokenizer) - 1  # but for the padding


def test_a_checkpoint_keeps_its_table(bert, texts):
    setup = prepare(texts, replace(SHORT, checkpoint=str(bert)))
    table = AutoModelForMaskedLM.from_pretrained(bert).get_input_embeddings().weight
    assert torch.equal(setup.model.get_input_embeddings().weight.cpu(), table)


@pytest.mark.parametrize("objective", OBJECTIVES)
def test_the_held_out_loss_falls_faster_than_from_a_random_start(objective, tmp_path, monkeypatch):
    draw = random.Random(3)
    texts = [" ".join(draw.sample(WORDS[subject], 6)) for subject in sorted(WORDS) * 60]
    settings = replace(SHORT, objective=objective, tokens=8_000)
    counted = pretrain(texts, tmp_path / "counted", settings).facts
    monkeypatch.setattr(pretraining, "start_from_counts", lambda *given: None)
    at_random = pretrain(texts, tmp_path / "random", settings).facts
    assert counted.loss < at_random.loss - 0.05
