"""A form and an objective of one's own: a function and an entry each, nothing else."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from sentence_transformers.sentence_transformer.modules import StaticEmbedding
from torch import nn

from textssl.encoder.encoder import TextEncoder, make_encoder
from textssl.encoder.forms.inputs import Modules
from textssl.encoder.forms.registry import FORMS, Form
from textssl.encoder.objectives.registry import OBJECTIVES, Objective
from textssl.encoder.settings import EmbeddingSettings
from textssl.errors import UsageError
from textssl.language.bag_of_words import word_tokens

SEEN = {"views": 0, "losses": []}


def fit_random_vectors(inputs):
    """Fit the fake form: random vectors of words."""
    tokenizer = inputs.tokens.tokenizer
    vectors = np.random.default_rng(inputs.seed).normal(size=(len(tokenizer), inputs.settings.dimensions))
    weighted = (vectors * word_tokens(tokenizer)[:, None]).astype(np.float32)
    return Modules([StaticEmbedding(tokenizer, embedding_weights=weighted)], notes=["the vectors are random"])


def fake_views(ids, mask, words, rng):
    SEEN["views"] += 1
    return {"input_ids": ids, "attention_mask": mask}


class FakeLoss(nn.Module):
    """Pulls the vectors towards zero."""

    def __init__(self, model, settings):
        super().__init__()
        self.model = model

    def forward(self, batch):
        loss = self.model(dict(batch))["sentence_embedding"].square().sum(dim=1).mean()
        SEEN["losses"].append(loss.item())
        return loss


@pytest.fixture
def fake_form(monkeypatch):
    entry = Form(f"{__name__}:fit_random_vectors", ("dimensions", "centre"), centre=False)
    monkeypatch.setitem(FORMS, "fake", entry)


@pytest.fixture
def fake_objective(monkeypatch):
    SEEN.update(views=0, losses=[])
    monkeypatch.setitem(OBJECTIVES, "fake", Objective(f"{__name__}:fake_views", f"{__name__}:FakeLoss"))


def test_a_form_of_ones_own(fake_form, texts, tmp_path):
    assert EmbeddingSettings(form="fake").form == "fake"
    encoder = TextEncoder(form="fake", dimensions=5).fit(texts)
    vectors = encoder.transform(texts)
    assert vectors.shape == (200, 5)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    assert encoder.notes_ == ["the vectors are random"]
    assert not encoder.linear_map.bias.any()  # its own default of centre
    encoder.save(tmp_path / "encoder")
    loaded = TextEncoder.load(tmp_path / "encoder")
    np.testing.assert_array_equal(loaded.transform(texts), vectors)
    assert loaded.notes_ == encoder.notes_


def test_an_encoder_takes_the_settings_its_form_depends_on(fake_form):
    settings = EmbeddingSettings(form="fake", dimensions=7, centre=True, whiten=True)
    encoder = make_encoder("fake", settings, random_state=3)
    assert (encoder.form, encoder.dimensions, encoder.centre, encoder.random_state) == ("fake", 7, True, 3)
    assert encoder.whiten is False


def test_an_objective_of_ones_own_is_summed_with_another(fake_objective, language_model, texts):
    settings = EmbeddingSettings(form="transformer", objectives="fake, split_views", sentence_tokens=1_000)
    settings = replace(settings, batch_texts=32)
    assert settings.objectives == "fake,split_views"

    def vectors(objectives):
        chosen = replace(settings, objectives=objectives)
        return make_encoder("transformer", chosen, language_model=language_model).fit(texts).transform(texts)

    both = vectors("fake,split_views")
    assert SEEN["views"] == len(SEEN["losses"]) > 1
    assert SEEN["losses"][-1] < SEEN["losses"][0]
    alone = vectors("split_views")
    assert not np.array_equal(both, alone)
    assert not np.array_equal(both, vectors("fake"))
    assert torch.isfinite(torch.from_numpy(both)).all()


def test_names_that_are_not_registered_are_refused():
    with pytest.raises(UsageError, match=r"embedding.form expects .*, got 'fake'"):
        EmbeddingSettings(form="fake")
    with pytest.raises(UsageError, match=r"embedding.objectives expects .*got 'fake'"):
        EmbeddingSettings(objectives="fake,split_views")
