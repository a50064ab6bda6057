import json
import shutil
from dataclasses import replace
from functools import partial
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from fitting import fit_encoder
from interrupting import cut_off_at
from sentence_transformers.base.modules import Transformer
from torch import nn
from transformers import PreTrainedTokenizerFast
from watching import noting_losses

from textssl.encoder import sentence_training
from textssl.encoder.encoder import TextEncoder
from textssl.encoder.inference.encode import encode
from textssl.encoder.objectives import crops, denoising, dropout, split_views, word_prediction
from textssl.encoder.objectives.inputs import ObjectiveInputs
from textssl.encoder.objectives.registry import OBJECTIVES
from textssl.encoder.settings import EmbeddingSettings
from textssl.errors import UsageError
from textssl.language.tokens import tokenize
from textssl.pretraining.pretraining import load_language_model, pretrain
from textssl.pretraining.settings import PretrainingSettings

SETTINGS = EmbeddingSettings(form="transformer", sentence_tokens=2_000, batch_texts=32, max_length=16)
IDS = torch.tensor([[2, 10, 11, 12, 13, 14, 3], [2, 15, 16, 3, 0, 0, 0], [2, 5, 17, 18, 19, 3, 0]])
MASK = (IDS != 0).long()
WORDS = IDS >= 10


FEW = 300  # texts, too few to hold some out, so that the last state is kept
INPUTS = SimpleNamespace(settings=SETTINGS)


def viewed(objective, seed):
    made = objective.views(IDS, MASK, WORDS, np.random.default_rng(seed))
    pairs = zip(made["input_ids"], made["attention_mask"], strict=True)
    return made, [row[kept.bool()].tolist() for row, kept in pairs]


def whole(text):
    return [number for number in IDS[text].tolist() if number]


@pytest.fixture
def saved_each_step(monkeypatch):
    """Make every training write its checkpoint after each step."""
    plan = sentence_training.Plan
    monkeypatch.setattr(sentence_training, "Plan", partial(plan, checkpoint_seconds=0.0))


@pytest.mark.parametrize("names", [*OBJECTIVES, "word_prediction,split_views,cluster_agreement"])
def test_each_learns_the_same_again_and_after_a_cut(
    names, language_model, many_texts, tmp_path, saved_each_step, monkeypatch
):
    settings, texts = replace(SETTINGS, objectives=names), many_texts
    vectors = encode(fit_encoder(language_model, texts, tmp_path / "straight", settings), texts)
    assert np.isfinite(vectors).all()
    untrained = fit_encoder(language_model, texts, tmp_path / "start", replace(settings, sentence_tokens=0))
    facts = (tmp_path / "straight" / "textssl.json").read_bytes()
    assert names.encode() in facts
    assert np.array_equal(vectors, encode(untrained, texts)) == (b'"kept": 0' in facts)

    with monkeypatch.context() as patch:
        patch.setattr(sentence_training, "train", cut_off_at(2, sentence_training.train))
        with pytest.raises(KeyboardInterrupt):
            fit_encoder(language_model, texts, tmp_path / "cut", settings)
    left = {path.name for path in tmp_path.iterdir()} - {"straight", "start"}
    assert left == {"cut.checkpoint", "cut.best.checkpoint"}
    resumed = encode(fit_encoder(language_model, texts, tmp_path / "cut", settings), texts)
    np.testing.assert_array_equal(resumed, vectors)
    assert (tmp_path / "cut" / "textssl.json").read_bytes() == facts
    assert {path.name for path in tmp_path.iterdir()} == {"straight", "start", "cut"}


def test_names_of_objectives():
    assert EmbeddingSettings(objectives="denoising, split_views").objectives == "denoising,split_views"
    with pytest.raises(UsageError, match=r"embedding.objectives expects .* got 'crop' \(nearest: 'crops'\)"):
        EmbeddingSettings(objectives="denoising,crop")


def test_halves_share_nothing_and_cover_all_words():
    for seed in range(20):
        made, views = viewed(split_views, seed)
        assert made["input_ids"].shape[1] == max(map(len, views))
        for text in range(3):
            first, second = views[text], views[text + 3]
            opening, *inner, closing = whole(text)
            for half in (first, second):
                assert (half[0], half[-1]) == (opening, closing)
            assert sorted(first[1:-1] + second[1:-1]) == sorted(i for i in inner if i >= 10)
            assert 0 <= len(first) - len(second) <= 1
            assert first == [i for i in whole(text) if i in first]  # in the order of the text
        assert (made["input_ids"][made["attention_mask"] == 0] == 0).all()


def test_crops_are_spans_between_the_opening_and_the_closing_token():
    starts = set()
    for seed in range(30):
        _, views = viewed(crops, seed)
        for row, view in enumerate(views):
            text = whole(row % 3)
            inner = view[1:-1]
            place = text.index(inner[0])
            assert text[place : place + len(inner)] == inner
            assert view[0] == 2
            assert view[-1] == 3
            assert 1 <= len(inner) <= np.ceil((len(text) - 2) / 2)
            starts.add((row % 3, place))
    assert starts >= {(0, place) for place in range(1, 6)}


def test_dropout_views_are_the_text_twice():
    _, views = viewed(dropout, 0)
    assert views == [whole(0), whole(1), whole(2)] * 2


def test_dropout_layers_at_zero_hide_only_while_this_objective_learns():
    seen = []

    class Model(nn.Module):
        def __init__(self):
            super().__init__()
            self.drop, self.other = nn.Dropout(0.0), nn.Dropout(0.5)

        def forward(self, batch):
            seen.append((self.drop.p, self.other.p))
            return {"sentence_embedding": batch["input_ids"].float()}

    model = Model()
    assert torch.isfinite(dropout.DropoutContrast(model, INPUTS)({"input_ids": IDS[:2]}))
    assert seen == [(0.1, 0.5)]
    assert (model.drop.p, model.other.p) == (0.0, 0.5)
    with pytest.raises(UsageError, match="the model has no dropout layers, so dropout gives no two views: choose"):
        dropout.DropoutContrast(nn.Linear(2, 2), INPUTS)


def test_denoising_keeps_two_fifths_and_asks_for_every_next_token():
    for seed in range(10):
        made, views = viewed(denoising, seed)
        assert [len(view) for view in views] == [2 + 2, 2 + 1, 2 + 2]
        for text, view in enumerate(views):
            assert view == [i for i in whole(text) if i in view]
        assert made["labels"].tolist() == [
            [10, 11, 12, 13, 14, 3, -100],
            [15, 16, 3, -100, -100, -100, -100],
            [5, 17, 18, 19, 3, -100, -100],
        ]
        torch.testing.assert_close(made["written"], IDS)


def test_vectors_that_only_get_worse_are_not_kept(language_model, many_texts, tmp_path, monkeypatch):
    texts = many_texts
    falling = iter([0.9, 0.8, 0.7, 0.6])
    monkeypatch.setattr(
        sentence_training, "signals", lambda *given: sentence_training.Signals(next(falling), 1.0, -1.0, 0.3)
    )
    kept = fit_encoder(language_model, texts, tmp_path / "kept", SETTINGS)
    start = fit_encoder(language_model, texts, tmp_path / "start", replace(SETTINGS, sentence_tokens=0))
    np.testing.assert_array_equal(encode(kept, texts), encode(start, texts))
    notes = TextEncoder.load(tmp_path / "kept").notes_
    assert "did not improve the vectors, so those of the start are kept" in notes[0]
    assert TextEncoder.load(tmp_path / "start").notes_ == []


def test_the_guard_refuses_a_training_that_raises_retrieval_at_the_cost_of_clusters(
    language_model, many_texts, tmp_path, monkeypatch
):
    harmful = iter([(0.1, 0.30), (0.2, 0.29), (0.5, 0.25), (0.9, 0.2)])

    def measured(*given):
        retrieval, margin = next(harmful)
        return sentence_training.Signals(retrieval, 1.0, -1.0, margin)

    monkeypatch.setattr(sentence_training, "signals", measured)
    kept = fit_encoder(language_model, many_texts, tmp_path / "kept", SETTINGS)
    start = fit_encoder(language_model, many_texts, tmp_path / "start", replace(SETTINGS, sentence_tokens=0))
    np.testing.assert_array_equal(encode(kept, many_texts), encode(start, many_texts))
    assert "context did not help" in TextEncoder.load(tmp_path / "kept").notes_[0]


def test_masked_words_are_three_tenths_of_the_tokens_between_the_ends():
    for seed in range(10):
        made = word_prediction.views(IDS, MASK, WORDS, np.random.default_rng(seed))
        assert made["masked"].sum(dim=1).tolist() == [2, 1, 2]
        assert not made["masked"][IDS <= 3].any()
        assert made["input_ids"] is IDS


@pytest.mark.parametrize("objective", ["cluster_agreement", "word_prediction"])
def test_the_loss_decreases(objective, language_model, many_texts, tmp_path, monkeypatch):
    losses = []
    monkeypatch.setattr(sentence_training, "train", noting_losses(sentence_training.train, losses))
    settings = replace(SETTINGS, objectives=objective, sentence_tokens=10_000)
    fit_encoder(language_model, many_texts[:FEW], tmp_path / "encoder", settings)
    assert np.mean(losses[-5:]) < np.mean(losses[:5]) - 0.05


def test_the_token_table_of_a_new_model_is_not_trained(language_model, many_texts, tmp_path):
    settings = replace(SETTINGS, objectives="word_prediction,split_views")
    start, trained, continued = (
        dict(
            fit_encoder(language_model, many_texts[:FEW], tmp_path / name, chosen, pretrained=pretrained)[
                0
            ].named_parameters()
        )
        for name, chosen, pretrained in [
            ("start", replace(settings, sentence_tokens=0), False),
            ("trained", settings, False),
            ("continued", settings, True),
        ]
    )
    table = next(name for name in start if name.endswith("tok_embeddings.weight"))
    changed = {name for name in start if not torch.equal(start[name], trained[name])}
    assert changed
    assert table not in changed
    assert not torch.equal(start[table], continued[table])


def test_word_prediction_needs_the_head_of_a_language_model(language_model, many_texts, tmp_path):
    headless = shutil.copytree(language_model, tmp_path / "headless")
    config = json.loads((headless / "config.json").read_text())
    (headless / "config.json").write_text(json.dumps(config | {"architectures": ["ModernBertModel"]}))
    settings = replace(SETTINGS, objectives="word_prediction")
    with pytest.raises(UsageError, match=r"headless has no head that predicts words \(ModernBertModel\), so word_pred"):
        fit_encoder(headless, many_texts, tmp_path / "encoder", settings)


def test_a_model_of_the_next_word_predicts_the_next_word(many_texts, tmp_path):
    lm = pretrain(many_texts, tmp_path / "lm", PretrainingSettings(objective="clm", tokens=500)).folder
    config = {"settings": SETTINGS, "sequences": None, "language_model": lm, "seed": 0}
    tokenizer = PreTrainedTokenizerFast.from_pretrained(lm)
    body = Transformer(str(lm))
    learner = word_prediction.WordPrediction(nn.Sequential(body), ObjectiveInputs(tokenizer=tokenizer, **config)).eval()
    ids, mask = tokenize(tokenizer, many_texts[:3]).sequences(16).padded(np.arange(3), 0)
    made = word_prediction.views(ids, mask, mask.bool(), np.random.default_rng(0))
    expected = load_language_model(lm).model(input_ids=ids, labels=ids.masked_fill(mask == 0, -100)).loss
    torch.testing.assert_close(learner(made), expected, rtol=1e-4, atol=1e-4)
    assert learner.language_model.base_model is body.auto_model
