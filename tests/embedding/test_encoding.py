import shutil

import numpy as np
import pytest

from textssl.embedding import encoding
from textssl.embedding.encoding import encode, load_encoder, share_cut
from textssl.embedding.fitting import fit_encoder
from textssl.embedding.settings import EmbeddingSettings
from textssl.errors import DataError


@pytest.fixture(scope="module", params=["static", "transformer"])
def folder(request, language_model, texts, tmp_path_factory):
    settings = EmbeddingSettings(form=request.param, dimensions=12, sentence_tokens=0, max_length=16)
    out = tmp_path_factory.mktemp("encoder") / request.param
    fit_encoder(language_model, texts, out, settings)
    return out


def test_row_i_is_text_i(folder, texts):
    mixed = [*texts[:30], texts[0] + " " + texts[1], "cake"]  # of different lengths
    encoder = load_encoder(folder)
    vectors = encode(encoder, mixed)
    assert vectors.dtype == np.float32
    for row in (0, 7, 30, 31):
        np.testing.assert_allclose(encode(encoder, [mixed[row]])[0], vectors[row], atol=1e-5)


@pytest.mark.parametrize("batch_size", [1, 7])
def test_the_batch_changes_nothing(folder, texts, batch_size, monkeypatch):
    whole = encode(folder, texts[:40])
    monkeypatch.setattr(encoding, "_TEXTS_AT_ONCE", 13)
    np.testing.assert_allclose(encode(folder, texts[:40], batch_size=batch_size), whole, atol=1e-5)


def test_blank_texts_are_zero(folder):
    vectors = encode(folder, ["cake", "", "  \n", "boat"])
    assert np.linalg.norm(vectors, axis=1) == pytest.approx([1, 0, 0, 1])


def test_nothing_to_encode(folder):
    assert encode(folder, []).shape[0] == 0


def test_a_file_holds_the_same(folder, texts, tmp_path, monkeypatch):
    monkeypatch.setattr(encoding, "_TEXTS_AT_ONCE", 64)
    mapped = encode(folder, texts, out=tmp_path / "vectors.npy")
    assert isinstance(mapped, np.memmap)
    np.testing.assert_array_equal(mapped, encode(folder, texts))
    np.testing.assert_array_equal(np.load(tmp_path / "vectors.npy"), mapped)
    assert [path.name for path in tmp_path.iterdir()] == ["vectors.npy"]


def test_fewer_dimensions(folder, texts):
    whole, cut = encode(folder, texts[:5]), encode(folder, texts[:5], truncate_dim=4)
    np.testing.assert_allclose(cut, whole[:, :4] / np.linalg.norm(whole[:, :4], axis=1, keepdims=True), atol=1e-5)
    assert encode(folder, texts[:2], truncate_dim=10_000).shape == (2, whole.shape[1])


def test_share_cut(folder, texts):
    encoder = load_encoder(folder)
    assert share_cut(encoder, texts) == share_cut(encoder, []) == 0
    long = ["cake " * 28, "cake " * 14]
    transformer = folder.name == "transformer"
    assert share_cut(encoder, long) == pytest.approx(14 / 42 if transformer else 0)


def test_no_encoder(tmp_path):
    for path in (tmp_path, tmp_path / "nothing"):
        with pytest.raises(DataError, match=r"holds no SentenceTransformer \(no modules\.json\): give a run or an"):
            load_encoder(path)


@pytest.mark.parametrize("name", ["modules.json", "model.safetensors"])
def test_a_damaged_encoder(folder, name, tmp_path):
    broken = shutil.copytree(folder, tmp_path / "broken")
    for path in broken.rglob(name):
        path.write_bytes(path.read_bytes()[:20])
    with pytest.raises(DataError, match="is no SentenceTransformer that loads: ") as caught:
        load_encoder(broken)
    assert "\n" not in str(caught.value)


def test_an_encoder_with_a_part_gone(folder, tmp_path):
    broken = shutil.copytree(folder, tmp_path / "broken")
    for path in broken.rglob("model.safetensors"):
        path.unlink()
    with pytest.raises(DataError, match="is no SentenceTransformer that loads: "):
        load_encoder(broken)
