import numpy as np
import pytest
import torch
from fitting import fit_encoder
from torch import nn

from textssl.encoder.inference import int8
from textssl.encoder.inference.encode import encode, load_encoder
from textssl.encoder.settings import EmbeddingSettings
from textssl.errors import UsageError


@pytest.fixture(scope="module")
def encoder(language_model, texts, tmp_path_factory):
    folder = tmp_path_factory.mktemp("encoder") / "transformer"
    fit_encoder(language_model, texts, folder, EmbeddingSettings(form="transformer", sentence_tokens=0, centre=False))
    loaded = load_encoder(folder)
    torch.manual_seed(0)
    for module in loaded[0].auto_model.modules():  # at first they do nothing: the model begins as a bag of words
        if isinstance(module, nn.Linear):
            nn.init.normal_(module.weight, std=0.1)
    return loaded


def test_it_pays_for_much_text():
    assert not int8.pays([])
    assert not int8.pays(["x" * 50] * 1_000)
    assert int8.pays(["x" * 50] * 30_000)


def test_vectors_are_nearly_those_in_float32(encoder, texts, monkeypatch):
    pytest.importorskip("openvino")
    monkeypatch.setattr(int8, "_LEAST_CHARACTERS", 0)
    exact, rounded = encode(encoder, texts, compute="float32"), encode(encoder, texts, compute="int8")
    assert (exact * rounded).sum(axis=1).mean() > 0.99
    assert (exact * rounded).sum(axis=1).mean() < 1 - 1e-6
    np.testing.assert_array_equal(encode(encoder, texts, compute="int8"), rounded)
    np.testing.assert_array_equal(encode(encoder, texts, compute="float32"), exact)  # the encoder stays as it is


def test_little_text_is_read_as_by_auto(encoder, texts):
    np.testing.assert_array_equal(encode(encoder, texts, compute="int8"), encode(encoder, texts))


def test_without_openvino(encoder, texts, monkeypatch):
    monkeypatch.setattr(int8, "_LEAST_CHARACTERS", 0)
    monkeypatch.setattr(int8, "find_spec", lambda name: None)
    with pytest.raises(UsageError, match=r"compute int8 needs OpenVINO: pip install 'textssl\[int8\]', or set compute"):
        encode(encoder, texts, compute="int8")
