import numpy as np
import pytest
import torch
from fitting import fit_encoder
from torch import nn

from textssl.encoder.inference.encode import encode, load_encoder
from textssl.encoder.inference.int8 import pays, quantized
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
    assert not pays([])
    assert not pays(["x" * 50] * 1_000)
    assert pays(["x" * 50] * 30_000)


def test_vectors_are_nearly_those_in_float32(encoder, texts):
    pytest.importorskip("openvino")
    exact, rounded = encode(encoder, texts, compute="float32"), encode(quantized(encoder, texts), texts)
    assert (exact * rounded).sum(axis=1).mean() > 0.99
    assert (exact * rounded).sum(axis=1).mean() < 1 - 1e-6
    np.testing.assert_array_equal(encode(quantized(encoder, texts), texts), rounded)
    np.testing.assert_array_equal(encode(encoder, texts, compute="float32"), exact)  # the encoder stays as it is


def test_little_text_is_read_as_by_auto(encoder, texts):
    np.testing.assert_array_equal(encode(encoder, texts, compute="int8"), encode(encoder, texts))


def test_without_openvino(encoder, monkeypatch):
    monkeypatch.setattr("textssl.encoder.inference.int8.find_spec", lambda name: None)
    with pytest.raises(UsageError, match=r"compute int8 needs OpenVINO: pip install 'textssl\[int8\]', or set compute"):
        encode(encoder, ["boat " * 250] * 1_000, compute="int8")
