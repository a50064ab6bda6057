"""Pretext tasks: learned alone or in a sum, measured, saved with the model, continued; refused where they cannot be."""

import json
import shutil
from dataclasses import replace

import numpy as np
import pytest
import torch
from interrupting import cut_off_at
from safetensors.torch import load_file, save_file
from torch import nn
from transformers import AutoModelForMaskedLM

import textssl
from textssl.errors import DataError, UsageError
from textssl.pretraining import pretraining
from textssl.pretraining.objectives.heads import Head
from textssl.pretraining.objectives.registry import OBJECTIVES, Objective, Pretext
from textssl.pretraining.pretraining import load_language_model, pretrain
from textssl.pretraining.settings import PretrainingSettings

SHORT = PretrainingSettings(
    objective="mlm,rtd,order,shuffle", tokens=8_000, learning_rate=0.003, held_out=0.1, batch_tokens=256
)


@pytest.fixture(scope="module")
def learned(texts, tmp_path_factory):
    return pretrain(texts, tmp_path_factory.mktemp("learned") / "lm", SHORT)


def same(one, other):
    return all(torch.equal(one.state_dict()[name], value) for name, value in other.state_dict().items())


def same_heads(one, other):
    return all(same(one.heads[name], head) for name, head in other.heads.items())


def test_each_task_is_measured_on_held_out_texts(learned):
    assert learned.facts.objective == "mlm,rtd,order,shuffle"
    assert list(learned.facts.pretext) == ["rtd", "order", "shuffle"]
    for measured in learned.facts.pretext.values():
        assert 0 <= measured["accuracy"] <= 1
        assert 0.5 <= measured["chance"] <= 1
    assert np.isfinite(learned.facts.perplexity)
    assert learned.facts.parameters > learned.model.num_parameters()


def test_the_heads_are_saved_with_the_model(learned):
    loaded = load_language_model(learned.folder)
    assert loaded.facts == learned.facts
    assert same_heads(loaded, learned)
    assert same(loaded.model, learned.model)
    assert same(AutoModelForMaskedLM.from_pretrained(learned.folder), learned.model)


def test_words_are_filled_in_and_vectors_are_made_as_without_them(learned, texts):
    assert textssl.fill(learned, "the farmer paints the ____ at noon", top=1)[0].probability > 0
    vectors = textssl.TextEncoder(learned, form="transformer", sentence_tokens=0).fit(texts).transform(texts)
    assert np.isfinite(vectors).all()


def test_a_sum_that_is_cut_off_goes_on_to_the_same_weights(learned, texts, tmp_path, monkeypatch):
    settings = replace(SHORT, checkpoint_seconds=0.0)
    with monkeypatch.context() as patch:
        patch.setattr(pretraining, "train", cut_off_at(13, pretraining.train))
        with pytest.raises(KeyboardInterrupt):
            pretrain(texts, tmp_path / "lm", settings)
    resumed = pretrain(texts, tmp_path / "lm", settings)
    assert same(resumed.model, learned.model)
    assert same_heads(resumed, learned)
    assert [path.name for path in tmp_path.iterdir()] == ["lm"]


def test_the_heads_of_a_checkpoint_are_continued(learned, texts, tmp_path):
    still = replace(SHORT, checkpoint=str(learned.folder), tokens=1, learning_rate=0.0, table_learning_rate=0.0)
    again = pretrain(texts, tmp_path / "again", replace(still, objective="rtd,order"))
    assert list(again.heads) == ["rtd", "order"]
    assert same_heads(learned, again)
    assert again.facts.pretext["order"] == learned.facts.pretext["order"]


@pytest.mark.parametrize("objective", ["clm,rtd,order", "clm,shuffle"])
def test_beside_the_next_word_on_packed_texts(objective, texts, tmp_path, monkeypatch):
    monkeypatch.setitem(OBJECTIVES, "clm", replace(OBJECTIVES["clm"], pack_above=100))
    made = pretrain(texts, tmp_path / "lm", replace(SHORT, objective=objective, max_length=16, tokens=2_000))
    assert made.model.config.model_type == "modernbert-decoder"
    assert set(made.facts.pretext) == set(objective.split(",")) - {"clm"}
    assert textssl.fill(made, "the farmer", top=1)[0].probability > 0


def test_alone_it_predicts_no_words(texts, tmp_path):
    made = pretrain(texts, tmp_path / "lm", replace(SHORT, objective="rtd", tokens=1_000))
    assert np.isnan(made.facts.loss)
    assert json.loads((tmp_path / "lm" / "textssl.json").read_text())["perplexity"] is None
    assert load_language_model(tmp_path / "lm").facts.pretext == made.facts.pretext
    with pytest.raises(
        UsageError,
        match=r"^a rtd model predicts no words, so it cannot fill a blank: train one with --objective mlm,rtd$",
    ):
        textssl.fill(tmp_path / "lm", "the ____")


def test_a_foreign_checkpoint_learns_them(bert, texts, tmp_path):
    settings = replace(SHORT, checkpoint=str(bert), tokens=1_000)
    made = pretrain(texts, tmp_path / "lm", settings)
    assert same_heads(load_language_model(tmp_path / "lm"), made)


@pytest.mark.parametrize(
    ("objective", "message"),
    [
        ("mlm,ordre", r"pretraining.objective expects .*, got 'ordre' \(nearest: 'order'\)"),
        ("mlm,rtd,mlm", r"pretraining.objective names 'mlm' twice: leave one out, got 'mlm,rtd,mlm'"),
        (
            "mlm,rtd,clm",
            "pretraining.objective=mlm,rtd,clm: mlm predicts masked words and clm predicts the next word, "
            "which takes two models: leave one out",
        ),
    ],
)
def test_objectives_that_cannot_be(objective, message):
    with pytest.raises(UsageError, match=f"^{message}$"):
        PretrainingSettings(objective)


def test_a_checkpoint_of_the_other_kind(learned, texts, tmp_path):
    causal = pretrain(texts, tmp_path / "clm", replace(SHORT, objective="clm,order", tokens=500)).folder
    for objective in ("mlm,rtd", "rtd"):
        with pytest.raises(DataError, match=r"predicts the next word \(.*\): add --objective clm,rtd$"):
            pretrain(texts, tmp_path / "out", replace(SHORT, objective=objective, checkpoint=str(causal)))
    with pytest.raises(DataError, match=r"predicts masked words \(modernbert\): add --objective mlm,rtd$"):
        pretrain(texts, tmp_path / "out", replace(SHORT, objective="clm,rtd", checkpoint=str(learned.folder)))
    assert [path.name for path in tmp_path.iterdir()] == ["clm"]


def test_texts_that_are_too_short(tmp_path):
    words = ["fox", "dog", "tree"] * 40
    with pytest.raises(DataError, match=r"^no text has 2 words, which order needs: leave order out of --objective, or"):
        pretrain(words, tmp_path / "lm", replace(SHORT, objective="mlm,order"))
    assert not list(tmp_path.iterdir())
    made = pretrain([*words, "fox and dog"], tmp_path / "lm", replace(SHORT, objective="mlm,order", tokens=500))
    assert np.isfinite(made.facts.loss)


@pytest.mark.parametrize("damage", ["gone", "cut short", "other width"])
def test_damaged_heads(damage, learned, tmp_path):
    folder = shutil.copytree(learned.folder, tmp_path / "lm")
    path = folder / "heads.safetensors"
    if damage == "gone":
        path.unlink()
    elif damage == "cut short":
        path.write_bytes(path.read_bytes()[:100])
    else:
        save_file({name: value[..., :7].contiguous() for name, value in load_file(path).items()}, path)
    with pytest.raises(DataError, match=r"(has no head for rtd, order, shuffle|is damaged).*: train the") as caught:
        load_language_model(folder)
    assert "\n" not in str(caught.value)


class Doubling(Head):
    """Whether a token was doubled, by its state alone; with a loss of its own."""

    per_token = True

    def __init__(self, width):
        super().__init__()
        self.output = nn.Linear(width, 1)

    def forward(self, states, mask):
        return self.output(states).squeeze(-1)

    def loss(self, logits, labels):
        return (logits.sigmoid() - labels)[labels != -100].square().mean()


def double(ids, mask, vocabulary, rate, rng):
    words = vocabulary.words(ids, mask)
    same_as_before = words & torch.from_numpy(rng.random(ids.shape) < rate)
    same_as_before[:, :2] = False
    doubled = torch.where(same_as_before, ids.roll(1, dims=1), ids)
    return {"input_ids": doubled, "attention_mask": mask, "labels": (doubled != ids).long().masked_fill(~words, -100)}


def test_an_objective_of_ones_own_brings_its_head_and_its_loss(texts, tmp_path, monkeypatch):
    pretext = Pretext(f"{__name__}:Doubling", "doubled", "no word doubled", weight=2.0)
    monkeypatch.setitem(OBJECTIVES, "doubling", Objective(f"{__name__}:double", None, pretext=pretext))
    made = textssl.pretrain(texts, tmp_path / "lm", replace(SHORT, objective="mlm,doubling", tokens=1_000))
    assert set(made.facts.pretext) == {"doubling"}
    assert isinstance(load_language_model(tmp_path / "lm").heads["doubling"], Doubling)
    assert textssl.judge(made, texts[0])[0].objective == "doubling"
