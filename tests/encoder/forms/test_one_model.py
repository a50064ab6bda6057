"""The static encoder is the language model without layers; the layers of a new model change nothing of its vectors."""

import random
import shutil
from dataclasses import replace

import numpy as np
import pytest
from safetensors.torch import load_file, save_file
from subjects import WORDS
from transformers import PreTrainedTokenizerFast

from textssl.encoder.encoder import TextEncoder
from textssl.language.tokens import tokenize
from textssl.pretraining.objectives.registry import OBJECTIVES
from textssl.pretraining.pretraining import pretrain
from textssl.pretraining.settings import PretrainingSettings

STEP_0 = PretrainingSettings(tokens=1, learning_rate=0.0, table_learning_rate=0.0)


@pytest.fixture(scope="module")
def mixed():
    """300 texts, each mostly about one of five subjects, with common words."""
    draw = random.Random(1)
    every = [word for words in WORDS.values() for word in words]
    texts = [
        " ".join(["the", *draw.sample(WORDS[subject], 4), "and", *draw.sample(every, 2)])
        for subject in sorted(WORDS) * 60
    ]
    return list(dict.fromkeys(texts))


@pytest.fixture(scope="module")
def new_models(mixed, tmp_path_factory):
    """The folders of language models before training, by objective."""
    root = tmp_path_factory.mktemp("new_models")
    for objective in OBJECTIVES:
        pretrain(mixed, root / objective, replace(STEP_0, objective=objective))
    return root


@pytest.fixture
def with_weights(new_models, tmp_path):
    """Return a function that copies the masked language model and changes its token table."""

    def make(change):
        folder = shutil.copytree(new_models / "mlm", tmp_path / "changed")
        weights = load_file(folder / "model.safetensors")
        name = next(name for name in weights if name.endswith("tok_embeddings.weight"))
        weights[name] = change(weights[name]).contiguous()
        save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
        return folder

    return make


def mean_cosine(one, other):
    return float((one * other).sum(axis=1).mean())


def alike(one, other):
    """Return the correlation of the cosines of all pairs of texts, which no rotation changes."""
    return np.corrcoef((one @ one.T).ravel(), (other @ other.T).ravel())[0, 1]


def vectors_of(folder, texts, form, **parameters):
    return TextEncoder(folder, form=form, sentence_tokens=0, **parameters).fit(texts).transform(texts)


@pytest.mark.parametrize("centre", [False, True])
@pytest.mark.parametrize("objective", OBJECTIVES)
def test_before_training_the_transformer_gives_the_static_vectors(objective, centre, new_models, mixed):
    static = vectors_of(new_models / objective, mixed, "static", centre=centre)
    transformer = vectors_of(new_models / objective, mixed, "transformer", centre=centre, compute="float32")
    assert mean_cosine(static, transformer) > 0.999
    assert abs(mean_cosine(static, np.roll(transformer, 1, axis=0))) < 0.9


def test_the_static_vectors_of_a_new_model_are_those_of_the_counts(mixed, new_models, tmp_path):
    everything = pretrain(mixed, tmp_path / "lm", replace(STEP_0, held_out=0.0)).folder
    (tmp_path / "tokenizer").mkdir()
    for path in everything.glob("tokenizer*"):
        shutil.copy(path, tmp_path / "tokenizer")
    counted = vectors_of(tmp_path / "tokenizer", mixed, "static", dimensions=127)
    found = vectors_of(everything, mixed, "static")
    assert found.shape == (len(mixed), 128)
    assert alike(found, counted) > 0.99
    few = vectors_of(everything, mixed, "static", dimensions=5)
    counted = vectors_of(tmp_path / "tokenizer", mixed, "static", dimensions=5)
    assert few.shape == (len(mixed), 5)
    assert alike(few, counted) > 0.98


@pytest.mark.parametrize("form", ["static", "transformer"])
def test_other_weights_give_other_vectors(form, with_weights, new_models, mixed):
    before = vectors_of(new_models / "mlm", mixed, form)
    shuffled = with_weights(lambda table: table[np.random.default_rng(0).permutation(len(table))])
    after = vectors_of(shuffled, mixed, form)
    assert np.abs(before @ before.T - after @ after.T).mean() > 0.1


def test_without_weights_there_are_no_static_vectors(with_weights, mixed):
    assert not vectors_of(with_weights(lambda table: 0 * table), mixed, "static").any()


def test_a_model_from_a_checkpoint_has_static_vectors_by_the_counts(with_weights, mixed):
    folder = with_weights(lambda table: 0 * table)
    vectors = vectors_of(folder, mixed, "static", pretrained=True)
    tokens = tokenize(PreTrainedTokenizerFast.from_pretrained(folder), mixed)
    assert vectors.shape[1] == min(256, len(np.unique(tokens.ids)) - 1)
    assert vectors.any(axis=1).all()
