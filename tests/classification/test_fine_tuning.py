"""Methods that train the encoder: from the head on, in one loss, resumable."""

from dataclasses import replace
from functools import partial

import numpy as np
import pytest
from interrupting import cut_off_at
from sentence_transformers import SentenceTransformer
from sentence_transformers.base.modules import Transformer
from sentence_transformers.sentence_transformer.modules import Pooling

import textssl
from textssl.classification import fine_tuning, hybrid, transfer
from textssl.classification.fine_tuning import TokenViews
from textssl.classification.registry import METHODS

WORDS = {"fox": "fox den red forest tail hunt", "boat": "boat sea blue harbour sail wave"}
TRAINING = [name for name, entry in METHODS.items() if entry.trains_encoder]
every_method = pytest.mark.parametrize("name", TRAINING)


@pytest.fixture(scope="module")
def texts():
    rng = np.random.default_rng(0)
    return [" ".join(rng.permutation(WORDS[kind].split())[:4]) for kind in ("fox", "boat") for _ in range(60)]


@pytest.fixture(scope="module")
def static(texts):
    return textssl.TextEncoder(dimensions=4).fit(sorted(set(texts))).sentence_transformer


@pytest.fixture(scope="module")
def transformer(bert):
    backbone = Transformer(str(bert))
    return SentenceTransformer(modules=[backbone, Pooling(backbone.get_embedding_dimension(), "mean")], device="cpu")


def inputs_of(encoder, texts, name, **options):
    labels = ["fox"] * 3 + [None] * 57 + ["boat"] * 3 + [None] * 57
    settings = textssl.ClassificationSettings(method=name, steps=8, unlabelled_texts=32, **options)
    return textssl.TextClassifier(encoder, settings).prepare(texts, labels)


@every_method
@pytest.mark.parametrize("kind", ["static", "transformer"])
def test_the_encoder_is_trained_and_the_given_one_is_not(name, kind, texts, request):
    encoder = request.getfixturevalue(kind)
    inputs = inputs_of(encoder, texts, name)
    fitted = METHODS[name].fit(inputs)
    every = np.arange(len(inputs.texts))
    assert not np.allclose(inputs.encode(fitted.encoder, inputs.texts), inputs.vectors)
    np.testing.assert_array_equal(inputs.encode(encoder, inputs.texts), inputs.vectors)
    assert np.isfinite(fitted.scores(inputs, every)).all()


@every_method
def test_it_classifies_and_is_saved(name, texts, static, tmp_path):
    settings = textssl.ClassificationSettings(method=name, steps=8, unlabelled_texts=32)
    labels = ["fox"] * 5 + [""] * 55 + ["boat"] * 5 + [""] * 55
    fitted = textssl.fit_classifier(static, texts, labels, settings)
    assert fitted.score(texts, ["fox"] * 60 + ["boat"] * 60) > 0.95
    fitted.save(tmp_path / "classifier")
    loaded = textssl.load_classifier(tmp_path / "classifier")
    np.testing.assert_allclose(loaded.predict_proba(texts), fitted.predict_proba(texts), atol=1e-6)


@every_method
def test_texts_with_several_classes(name, texts, static):
    labels = [["fox", "word"]] * 5 + [None] * 55 + [["boat"]] * 5 + [None] * 55
    settings = textssl.ClassificationSettings(method=name, steps=8, unlabelled_texts=32)
    fitted = textssl.fit_classifier(static, texts, labels, settings)
    assert set(fitted.predict(texts)[0]) == {"fox", "word"}


@pytest.mark.parametrize("module", [transfer, hybrid])
def test_an_interrupted_training_ends_the_same(module, texts, static, tmp_path, monkeypatch):
    name = module.__name__.rpartition(".")[2]
    inputs = inputs_of(static, texts, name)
    every = np.arange(len(inputs.texts))
    whole = module.fit(inputs).scores(inputs, every)
    inputs = replace(inputs, checkpoint=tmp_path / "checkpoint")
    with monkeypatch.context() as patched:
        patched.setattr(fine_tuning, "Plan", partial(fine_tuning.Plan, checkpoint_seconds=0.0))
        patched.setattr(module, "train", cut_off_at(5, module.train))
        with pytest.raises(KeyboardInterrupt):
            module.fit(inputs)
    assert inputs.checkpoint.exists()
    np.testing.assert_array_equal(module.fit(inputs).scores(inputs, every), whole)


def test_without_unlabelled_losses_hybrid_is_transfer(texts, static):
    inputs = inputs_of(static, texts, "hybrid", consistency=0.0, self_supervised=0.0, margin=1e9)
    every = np.arange(len(inputs.texts))
    found = hybrid.fit(inputs).scores(inputs, every)
    np.testing.assert_allclose(found, transfer.fit(inputs).scores(inputs, every), atol=1e-5)


@pytest.mark.parametrize("kind", ["static", "transformer"])
def test_the_halves_of_a_text_share_no_token(kind, texts, request):
    views = TokenViews(request.getfixturevalue(kind), texts[:3])
    batch = views.halves(np.array([2, 0]), np.random.default_rng(0))
    if views.is_static:
        halves = [part.tolist() for part in np.split(batch["input_ids"].numpy(), batch["offsets"].numpy()[1:])]
        wanted = [views.sequences.select(np.array([row])).ids.tolist() for row in (2, 0)]
        assert [sorted(halves[i] + halves[i + 1]) for i in (0, 2)] == [sorted(each) for each in wanted]
    else:
        kept = batch["attention_mask"].sum(dim=1).numpy()
        lengths = views.sequences.lengths[[2, 0]]
        assert (kept[0::2] + kept[1::2] == lengths + 2).all()  # both halves have the special tokens
