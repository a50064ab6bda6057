from dataclasses import replace

import numpy as np
import pytest
import torch
from fitting import fit_encoder
from interrupting import cut_off_at
from torch import nn

from textssl.encoder import sentence_training
from textssl.encoder.encoder import TextEncoder
from textssl.encoder.inference.encode import encode
from textssl.encoder.objectives import crops, denoising, dropout, split_views
from textssl.encoder.objectives.registry import OBJECTIVES
from textssl.encoder.sentence_training import SentenceTraining
from textssl.encoder.settings import EmbeddingSettings
from textssl.errors import UsageError

SETTINGS = EmbeddingSettings(form="transformer", sentence_tokens=2_000, batch_texts=32, max_length=16)
IDS = torch.tensor([[2, 10, 11, 12, 13, 14, 3], [2, 15, 16, 3, 0, 0, 0], [2, 5, 17, 18, 19, 3, 0]])
MASK = (IDS != 0).long()
WORDS = IDS >= 10


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
    monkeypatch.setattr(sentence_training, "Plan", lambda *given: plan(*given, checkpoint_seconds=0.0))


@pytest.mark.parametrize("names", [*OBJECTIVES, "denoising,split_views"])
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
    assert torch.isfinite(dropout.DropoutContrast(model, SETTINGS)({"input_ids": IDS[:2]}))
    assert seen == [(0.1, 0.5)]
    assert (model.drop.p, model.other.p) == (0.0, 0.5)
    with pytest.raises(UsageError, match="the model has no dropout layers, so dropout gives no two views: choose"):
        dropout.DropoutContrast(nn.Linear(2, 2), SETTINGS)


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
        sentence_training, "signals", lambda model, halves: sentence_training.Signals(next(falling), 1.0, -1.0)
    )
    kept = fit_encoder(language_model, texts, tmp_path / "kept", SETTINGS)
    start = fit_encoder(language_model, texts, tmp_path / "start", replace(SETTINGS, sentence_tokens=0))
    np.testing.assert_array_equal(encode(kept, texts), encode(start, texts))
    notes = TextEncoder.load(tmp_path / "kept").notes_
    assert "did not improve the vectors, so those of the start are kept" in notes[0]
    assert TextEncoder.load(tmp_path / "start").notes_ == []


def test_the_note_names_what_was_gained():
    measured = [{"step": 0, "retrieval": 0.25}, {"step": 9, "retrieval": 0.5}, {"step": 18, "retrieval": 0.4}]
    training = SentenceTraining("crops", texts=200, kept=9, measured=measured)
    assert training.note == (
        "after the sentence training (crops, 200 texts held out), 50.0% of half texts find their other half; "
        "before it, 25.0%"
    )
    measured[0]["retrieval"] = 0.6
    assert replace(training, kept=0).note == (
        "the sentence training (crops, 200 texts held out) did not improve the vectors, so those of the start are "
        "kept: 60.0% of half texts find their other half; after training, at most 50.0%"
    )
