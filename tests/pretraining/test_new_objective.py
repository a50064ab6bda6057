"""A training objective that the package does not know takes part once it has an entry in the registry."""

from dataclasses import replace

import numpy as np
import pytest
import torch

import textssl
from textssl.config import build, describe
from textssl.errors import DataError, UsageError
from textssl.pretraining.backbones import load_backbone
from textssl.pretraining.checkpoints import check_checkpoint
from textssl.pretraining.facts import load_facts
from textssl.pretraining.objectives.registry import CAUSAL, MASKED, OBJECTIVES, Objective
from textssl.pretraining.pretraining import prepare
from textssl.pretraining.settings import PretrainingSettings

SHORT = {"tokens": 3_000, "held_out": 0.1, "batch_tokens": 256}


def mask_last_word(ids, mask, vocabulary, rate, rng):
    """Mask the word before the closing token of each text."""
    last = torch.zeros_like(mask).scatter(1, mask.sum(dim=1, keepdim=True) - 2, 1).bool()
    labels = ids.masked_fill(~last, -100)
    return {"input_ids": ids.masked_fill(last, vocabulary.mask_id), "attention_mask": mask, "labels": labels}


@pytest.fixture
def registered(monkeypatch):
    entry = Objective(f"{__name__}:mask_last_word", MASKED, learning_rate=2e-3)
    monkeypatch.setitem(OBJECTIVES, "last_word", entry)


@pytest.fixture
def settings(registered):
    return build(PretrainingSettings, {"objective": "last_word", **SHORT})


def test_it_is_used_through_settings(settings, texts, tmp_path):
    made = textssl.pretrain(texts, tmp_path / "lm", settings)
    assert load_facts(tmp_path / "lm")["objective"] == "last_word"
    assert made.model.config.model_type == "modernbert"
    last = {text.split()[-1] for text in texts}
    found = textssl.fill(tmp_path / "lm", "the farmer paints the boat at ____", top=2)
    assert {prediction.word for prediction in found} == last == {"noon", "night"}
    assert made.facts.loss < 1


def test_its_attributes_decide_how_it_trains(settings, texts):
    plan = prepare(texts, settings).plan
    assert (plan.learning_rate, plan.muon) == (2e-3, False)


def test_it_may_be_causal(registered, texts, tmp_path, monkeypatch):
    causal = replace(OBJECTIVES["clm"], backbone=replace(CAUSAL), pack_above=100, learning_rate=4e-3)
    monkeypatch.setitem(OBJECTIVES, "next_word", causal)
    settings = PretrainingSettings("next_word", max_length=8, **SHORT)
    assert settings.causal
    setup = prepare(texts, settings)
    assert (setup.plan.learning_rate, setup.plan.muon) == (4e-3, True)
    assert np.diff(setup.learned.starts)[:-1].max() == 8
    textssl.pretrain(texts, tmp_path / "lm", settings)
    assert textssl.fill(tmp_path / "lm", "the farmer", top=1)[0].probability > 0
    with pytest.raises(UsageError, match=r"a next_word model predicts the next word: .* or train with mlm"):
        textssl.fill(tmp_path / "lm", "the ____ paints the boat")
    with pytest.raises(UsageError, match="which in a next_word model has seen no other"):
        textssl.RunSettings(pretraining=settings, embedding=textssl.EmbeddingSettings(pooling="cls"))
    with pytest.raises(DataError, match=r"predicts the next word \(modernbert-decoder\): add --objective clm"):
        load_backbone(tmp_path / "lm", "last_word")


def test_its_name_is_valid_while_it_is_registered(settings, bert, monkeypatch):
    check_checkpoint(bert, "last_word")
    assert "mlm, clm, rtd, order, shuffle, last_word," in next(describe(PretrainingSettings)).help
    with pytest.raises(UsageError, match=r"or 'last_word', one or several .*, got 'last' \(nearest: 'last_word'\)"):
        PretrainingSettings("last")
    monkeypatch.delitem(OBJECTIVES, "last_word")
    with pytest.raises(UsageError, match=r"pretraining\.objective expects 'mlm' or 'clm' or .*, got 'last_word'"):
        PretrainingSettings("last_word")
    with pytest.raises(UsageError, match="no training objective is called 'last_word'"):
        check_checkpoint(bert, "last_word")
