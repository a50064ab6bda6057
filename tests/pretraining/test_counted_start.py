"""A new language model starts from the co-occurrences of the texts that it learns from."""

import random
from dataclasses import replace

import numpy as np
import pytest
import torch
from subjects import WORDS
from transformers import AutoModelForMaskedLM

from textssl.errors import UsageError
from textssl.language.bag_of_words import word_bags
from textssl.language.cooccurrence import token_vectors
from textssl.language.tokens import tokenize
from textssl.pretraining import pretraining
from textssl.pretraining.backbones import new_backbone
from textssl.pretraining.counted_start import counted_vectors, start_from_vectors, without_mean
from textssl.pretraining.objectives.registry import OBJECTIVES
from textssl.pretraining.pretraining import learned_parts, make_tokenizer, prepare, pretrain, table_width
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


def started(sequences, tokenizer, objective="mlm", **options):
    """Return the table of a new model that starts from the counts of `sequences`, and the random table before that."""
    with torch.random.fork_rng():
        torch.manual_seed(0)
        model = new_backbone(objective, "tiny", tokenizer, 256)
    table = model.get_input_embeddings().weight.detach()
    before = table.numpy().copy()
    start_from_vectors(model, counted_vectors(sequences, tokenizer, 127, 0), **options)
    assert torch.equal(model.get_output_embeddings().weight, table)
    return table.numpy(), before


@pytest.mark.parametrize("objective", OBJECTIVES)
def test_the_table_is_the_factorised_pmi(objective, texts):
    setup = prepare(texts, SHORT)
    table, before = started(setup.learned, setup.tokenizer, objective, noise=0.0)
    vectors = token_vectors(word_bags(setup.learned, setup.tokenizer), 127, 0)
    counted = vectors.any(axis=1)
    assert 15 < counted.sum() < len(table)
    np.testing.assert_allclose(cosines(table[counted]), cosines(vectors[counted]), atol=1e-4)
    lengths = np.linalg.norm(table[counted], axis=1) / np.linalg.norm(vectors[counted], axis=1)
    np.testing.assert_allclose(lengths, lengths[0], rtol=1e-4)  # one factor for all
    assert np.sqrt(np.square(table[counted]).mean()) == pytest.approx(0.02)
    np.testing.assert_array_equal(table[~counted], before[~counted])  # other rows stay random


@pytest.mark.parametrize("objective", OBJECTIVES)
def test_a_new_model_starts_from_the_learned_texts_only(objective, texts):
    half = replace(SHORT, held_out=0.5, objective=objective)
    setup = prepare([f"{text} tag{row // 2}" for row, text in enumerate(texts)], half)
    table, before = started(setup.learned, setup.tokenizer, objective)
    np.testing.assert_array_equal(table_of(setup), table)
    counted = (table != before).any(axis=1)
    assert not np.isin(np.flatnonzero(counted), setup.learned.ids, invert=True).any()
    assert np.isin(np.flatnonzero(~counted), setup.held_out.ids).sum() > len(setup.tokenizer.all_special_ids)


def test_words_that_occur_with_the_same_others_differ(tokenizer):
    sequences = tokenize(tokenizer, ["quick fox", "lazy fox"] * 30).sequences(256)
    quick, lazy = tokenizer.convert_tokens_to_ids(["quick", "lazy"])
    same, _ = started(sequences, tokenizer, noise=0.0)
    np.testing.assert_allclose(same[quick], same[lazy], atol=1e-6)
    apart, _ = started(sequences, tokenizer)
    assert 0.9 < cosines(apart[[quick, lazy]])[0, 1] < 0.999


def test_texts_packed_into_one_block_count_as_separate_texts(texts):
    setup = prepare(texts, replace(SHORT, held_out=0.0))
    block = setup.learned.packed(len(setup.learned.ids))
    assert len(block.lengths) == 1
    found, _ = started(block, setup.tokenizer)
    np.testing.assert_allclose(found, table_of(setup), atol=1e-6)


@pytest.mark.parametrize("objective", ["mlm", "clm", "mlm,rtd,order,shuffle"])
def test_training_leaves_the_counted_rows_as_they_are(objective, texts, tmp_path):
    settings = replace(SHORT, objective=objective, tokens=2_000)
    setup = prepare(texts, settings)
    start = table_of(setup).copy()
    model = pretrain(texts, tmp_path / "lm", settings).model
    table, output = (part.weight.detach().numpy() for part in (model.get_input_embeddings(), model.decoder))
    counted = word_bags(setup.learned, setup.tokenizer).sum(axis=0) > 0
    np.testing.assert_array_equal(table[counted], start[counted])
    opening = setup.tokenizer.cls_token_id
    assert not np.array_equal(table[opening], start[opening])
    assert (output[counted] != start[counted]).any(axis=1).all()


def test_a_model_starts_from_given_vectors(texts, tokenizer, tmp_path):
    vectors = np.random.default_rng(0).normal(size=(len(tokenizer), 5)).astype(np.float32)
    vectors[:20] = 0
    tokens, settings = tokenize(tokenizer, texts), replace(SHORT, tokens=500)
    setup = prepare(tokens, settings, 0, vectors)
    assert table_width(tokens, settings) == table_of(setup).shape[1] == 128
    assert np.corrcoef(cosines(table_of(setup)[20:]).ravel(), cosines(vectors[20:]).ravel())[0, 1] > 0.9
    pretrain(tokens, tmp_path / "lm", settings, 0, vectors)
    with pytest.raises(UsageError, match="holds a language model of other texts or settings"):
        pretrain(tokens, tmp_path / "lm", settings, 0, -vectors)


@pytest.mark.parametrize("objective", OBJECTIVES)
def test_the_parts_learned_from_are_those_of_the_training(objective, texts):
    settings = replace(SHORT, objective=objective)
    tokens = tokenize(make_tokenizer(texts, settings), texts)
    parts, setup = learned_parts(tokens, settings, 0), prepare(tokens, settings)
    np.testing.assert_array_equal(parts.ids, setup.learned.ids)
    opening = parts.ids[parts.starts[:-1]] == setup.tokenizer.cls_token_id
    assert opening.all()


def test_a_model_without_words_to_count_stays_random():
    setup = prepare(["!!!", "?"], SHORT)
    assert np.isfinite(table_of(setup)).all()
    assert table_of(setup).any(axis=1).sum() >= len(setup.tokenizer) - 1  # but for the padding


def test_a_checkpoint_keeps_its_table(bert, texts):
    setup = prepare(texts, replace(SHORT, checkpoint=str(bert)))
    table = AutoModelForMaskedLM.from_pretrained(bert).get_input_embeddings().weight
    assert torch.equal(setup.model.get_input_embeddings().weight.cpu(), table)


@pytest.mark.parametrize("objective", ["mlm", "clm"])
def test_the_held_out_loss_falls_faster_than_from_a_random_start(objective, tmp_path, monkeypatch):
    draw = random.Random(3)
    texts = [" ".join(draw.sample(WORDS[subject], 6)) for subject in sorted(WORDS) * 60]
    settings = replace(SHORT, objective=objective, tokens=8_000)
    counted = pretrain(texts, tmp_path / "counted", settings).facts
    monkeypatch.setattr(pretraining, "start_from_vectors", lambda *given: None)
    at_random = pretrain(texts, tmp_path / "random", settings).facts
    assert counted.loss < at_random.loss - 0.05
