import shutil
from functools import partial

import numpy as np
import pandas as pd
import pytest
from fitting import fit_encoder

from textssl.encoder.inference import encode as encoding
from textssl.encoder.inference.encode import load_encoder, share_cut
from textssl.encoder.inference.long_texts import pieces_read
from textssl.encoder.settings import EmbeddingSettings
from textssl.errors import DataError
from textssl.language.batches import longest_first

encode = partial(encoding.encode, compute="float32")  # so that what is the same differs by no more than float noise


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


@pytest.mark.parametrize("batch_tokens", [1, 40])
def test_the_batch_changes_nothing(folder, texts, batch_tokens):
    whole = encode(folder, texts[:40])
    in_parts = encode(folder, texts[:40], batch_tokens=batch_tokens, chunk_texts=13)
    np.testing.assert_allclose(in_parts, whole, atol=1e-5)


def test_batches_hold_texts_of_like_length():
    lengths = np.array([3, 9, 4, 40, 4, 3, 1])
    found = [rows.tolist() for rows in longest_first(lengths, 12)]
    assert found == [[3], [1], [2, 4, 0], [5, 6]]


@pytest.mark.parametrize("compute", ["auto", "float32", "bfloat16"])
def test_it_is_what_sentence_transformers_gives(folder, texts, compute):
    encoder = load_encoder(folder)
    encoder.prompts, encoder.default_prompt_name = {"query": "the boat "}, "query"
    theirs = encoder.encode(texts, normalize_embeddings=True)
    cosines = (encode(encoder, texts, compute=compute) * theirs).sum(axis=1)
    assert cosines.mean() > 0.9999
    if compute == "float32":
        np.testing.assert_allclose(cosines, 1, atol=1e-6)


def test_blank_texts_are_zero(folder):
    vectors = encode(folder, ["cake", "", "  \n", "boat"])
    assert np.linalg.norm(vectors, axis=1) == pytest.approx([1, 0, 0, 1])


def test_nothing_to_encode(folder):
    assert encode(folder, []).shape[0] == 0


def test_a_file_holds_the_same(folder, texts, tmp_path):
    mapped = encode(folder, texts, out=tmp_path / "vectors.npy", chunk_texts=64)
    assert isinstance(mapped, np.memmap)
    np.testing.assert_array_equal(mapped, encode(folder, texts, chunk_texts=64))
    np.testing.assert_array_equal(np.load(tmp_path / "vectors.npy"), mapped)
    assert [path.name for path in tmp_path.iterdir()] == ["vectors.npy"]


def test_fewer_dimensions(folder, texts):
    whole, cut = encode(folder, texts[:5]), encode(folder, texts[:5], truncate_dim=4)
    np.testing.assert_allclose(cut, whole[:, :4] / np.linalg.norm(whole[:, :4], axis=1, keepdims=True), atol=1e-5)
    assert encode(folder, texts[:2], truncate_dim=10_000).shape == (2, whole.shape[1])


@pytest.fixture
def long(texts):
    """A text of 181 tokens: 13 pieces where an encoder takes 16 tokens, two of them special."""
    return " ".join(texts[:30]) + " boat"


def pieces_of(text):
    words = text.split()
    return [" ".join(words[start : start + 14]) for start in range(0, len(words), 14)]


def test_long_texts_change_no_other(folder, texts, long):
    encoder = load_encoder(folder)
    mixed = [*texts[:40], long, *texts[40:80], long[:200]]
    vectors = encode(encoder, mixed)
    as_it_is = encoder.encode(mixed, normalize_embeddings=True)
    short = [row for row, text in enumerate(mixed) if len(text) < 100]
    np.testing.assert_allclose(vectors[short], as_it_is[short], atol=1e-5)
    assert np.allclose(vectors[40], as_it_is[40], atol=1e-5) == (folder.name == "static")


@pytest.mark.parametrize("dimensions", [None, 4])
def test_a_long_text_is_the_mean_of_its_pieces(folder, long, dimensions):
    if folder.name == "static":
        pytest.skip("a static encoder reads all at once")
    encoder, pieces = load_encoder(folder), pieces_of(long)
    assert [len(piece.split()) for piece in pieces] == [14] * 12 + [13]
    mean = np.average(encode(encoder, pieces, truncate_dim=dimensions), axis=0, weights=[14] * 12 + [13])
    found = encode(encoder, [long, "cake"], truncate_dim=dimensions)[0]
    np.testing.assert_allclose(found, mean / np.linalg.norm(mean), atol=1e-5)


def test_pieces_begin_at_words(folder, long):
    encoder = load_encoder(folder)
    odd = ["captain" * 200, "boat " * 13 + "boatcakeboat " * 5, " \n" * 100, "\u00e9" * 90, long]
    for text, pieces in zip(odd, pieces_read(encoder, odd), strict=True):
        assert "".join(piece for piece, _ in pieces) == text
    if folder.name == "transformer":
        read = [piece for piece, _ in next(pieces_read(encoder, [odd[1]]))]
        assert len(read) > 1
        assert all(piece.startswith(" ") for piece in read[1:])
    assert np.isfinite(encode(encoder, odd)).all()


@pytest.mark.parametrize("unit", [True, False])
def test_a_very_long_text_of_a_static_encoder(folder, texts, unit):
    if folder.name == "transformer":
        pytest.skip("for static encoders")
    inputs = [texts[0], " ".join(texts * 10), texts[1], "cake " * 11_000]
    assert [len(text) > 50_000 for text in inputs] == [False, True, False, True]  # beyond that, tokenized in parts
    encoder = load_encoder(folder)
    whole = encoder.encode(inputs, normalize_embeddings=unit)
    vectors = encode(encoder, inputs, normalize_embeddings=unit)
    np.testing.assert_allclose(vectors, whole, atol=1e-5)
    cut = encode(folder, inputs, truncate_dim=4)
    np.testing.assert_allclose(cut, whole[:, :4] / np.linalg.norm(whole[:, :4], axis=1, keepdims=True), atol=1e-5)


def test_share_cut(folder, texts, long):
    encoder = load_encoder(folder)
    assert share_cut(encoder, texts) == share_cut(encoder, []) == share_cut(encoder, [long]) == 0
    read = 64 * 14  # tokens of 64 pieces
    pair = ["cake " * 2 * read, "cake " * read]
    assert share_cut(encoder, pair) == pytest.approx(1 / 3 if folder.name == "transformer" else 0, abs=0.001)


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


def test_one_text_and_none(folder, tmp_path):
    encoder = load_encoder(folder)
    np.testing.assert_array_equal(encode(encoder, "boat sail"), encode(encoder, ["boat sail"])[0])
    width = encode(encoder, "boat").shape[0]
    assert encode(encoder, []).shape == encode(encoder, [], out=tmp_path / "none.npy").shape == (0, width)
    assert encode(encoder, []).dtype == np.float32


def test_texts_of_other_kinds(folder, texts):
    encoder = load_encoder(folder)
    expected = encode(encoder, texts[:4])
    for kind in (tuple(texts[:4]), np.array(texts[:4]), pd.Series(texts[:4], index=[3, 1, 1, 0]), iter(texts[:4])):
        np.testing.assert_array_equal(encode(encoder, kind), expected)
    assert not encode(encoder, [None, float("nan")]).any()
    with pytest.raises(DataError, match="item 1 of texts is of type int, expected text"):
        encode(encoder, ["boat", 3])


def test_the_folder_alone_reads_the_first_piece_of_a_long_text_where_encode_reads_all(folder, long):
    encoder = load_encoder(folder)
    theirs, ours = encoder.encode(long, normalize_embeddings=True), encode(encoder, long)
    first = encode(encoder, long if folder.name == "static" else pieces_of(long)[0])
    np.testing.assert_allclose(theirs, first, atol=1e-5)
    assert np.allclose(theirs, ours, atol=1e-5) == (folder.name == "static")
