import logging
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
from fitting import fit_encoder
from foreign import checkpoint
from watching import noting_losses

from textssl.encoder import sentence_training
from textssl.encoder.encoder import TextEncoder
from textssl.encoder.inference.encode import encode, load_encoder
from textssl.encoder.inference.forward import is_static
from textssl.encoder.objectives.registry import OBJECTIVES
from textssl.encoder.postprocessing import LinearMap, mapped
from textssl.encoder.settings import EmbeddingSettings
from textssl.errors import DataError, UsageError
from textssl.pretraining.pretraining import load_language_model, pretrain
from textssl.pretraining.settings import PretrainingSettings

STATIC = EmbeddingSettings(form="static", dimensions=8)
TRANSFORMER = EmbeddingSettings(form="transformer", sentence_tokens=6_000, batch_texts=32)
POOLINGS = ("sif", "mean", "cls", "lasttoken", "weightedmean")
FORMS = {
    "static": STATIC,
    "static, components out": replace(STATIC, remove_components=2),
    "static, whitened": replace(STATIC, whiten=True),
    "static, not centred": replace(STATIC, centre=False),
    "lexical": replace(STATIC, form="lexical"),
    **{pooling: replace(TRANSFORMER, pooling=pooling, sentence_tokens=0) for pooling in POOLINGS},
}


def separation(vectors):
    """Return the mean cosine within the two topics less that between them."""
    cosines = vectors @ vectors.T
    return (cosines[::2, ::2].mean() + cosines[1::2, 1::2].mean()) / 2 - cosines[::2, 1::2].mean()


@pytest.fixture(scope="module")
def fitted(language_model, texts, tmp_path_factory):
    root = tmp_path_factory.mktemp("fitted")
    for name, settings in FORMS.items():
        fit_encoder(language_model, texts, root / name, settings)
    return root


@pytest.mark.parametrize("form", FORMS)
def test_vectors_are_of_unit_length_and_come_back(form, fitted, texts):
    vectors = encode(fitted / form, texts)
    assert vectors.shape == (200, 128 if form in POOLINGS else 8)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    assert not list(fitted.glob("*.part")) + list(fitted.glob("*.checkpoint"))


def test_without_the_package_sentence_transformers_gives_the_same_vectors(fitted, texts, tmp_path):
    program = """
import sys
sys.modules["textssl"] = None
import numpy as np
from sentence_transformers import SentenceTransformer
root, out, *forms = sys.argv[1:]
texts = open(out + "/texts").read().split("\\n")
for form in forms:
    vectors = SentenceTransformer(f"{root}/{form}", device="cpu", local_files_only=True).encode(texts)
    np.save(f"{out}/{form}.npy", vectors)
try:
    import textssl
except ImportError:
    print("alone")
"""
    (tmp_path / "texts").write_text("\n".join(texts[:20]))
    command = [sys.executable, "-I", "-c", program, str(fitted), str(tmp_path), *FORMS]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.stdout.strip() == "alone", done.stderr[-2000:]
    for form in FORMS:
        vectors = encode(fitted / form, texts[:20], compute="float32")
        np.testing.assert_allclose(np.load(tmp_path / f"{form}.npy"), vectors, atol=1e-5)


def test_static_vectors_tell_topics_apart(fitted, texts):
    assert separation(encode(fitted / "static", texts)) > 1


def test_the_linear_map_of_an_encoder(texts, fitted):
    raw = encode(fitted / "static, not centred", texts)
    matrix, bias = TextEncoder.load(fitted / "static").linear_map
    np.testing.assert_allclose(-bias, raw.mean(axis=0), atol=1e-5)
    np.testing.assert_array_equal(matrix, np.eye(len(bias)))
    assert not TextEncoder.load(fitted / "static, not centred").linear_map.bias.any()


def test_an_encoder_followed_by_a_map(texts, fitted, tmp_path):
    encoder = TextEncoder.load(fitted / "static")
    vectors = encoder.transform(texts)
    random = np.random.default_rng(0)
    further = LinearMap(random.normal(size=(5, 8)).astype(np.float32), random.normal(size=5).astype(np.float32))
    encoder.followed_by(further).save(tmp_path / "encoder")
    loaded = TextEncoder.load(tmp_path / "encoder")
    np.testing.assert_array_equal(loaded.linear_map.matrix, further.matrix)
    expected = vectors @ further.matrix.T + further.bias
    expected /= np.linalg.norm(expected, axis=1, keepdims=True)
    np.testing.assert_allclose(loaded.transform(texts), expected, atol=1e-5)
    np.testing.assert_allclose(mapped(vectors, further, tmp_path / "mapped.npy", 3), expected, atol=1e-6)
    np.testing.assert_array_equal(encoder.transform(texts), vectors)  # itself unchanged


def test_auto_is_static_from_nothing_and_a_transformer_from_a_checkpoint(language_model, texts, tmp_path):
    settings = replace(TRANSFORMER, form="auto", sentence_tokens=0)
    assert is_static(fit_encoder(language_model, texts, tmp_path / "a", settings))
    started = fit_encoder(language_model, texts, tmp_path / "b", settings, pretrained=True)
    assert started[0].auto_model.config.model_type == "modernbert"


def test_the_halves_of_a_text_find_each_other(language_model, texts, tmp_path, monkeypatch):
    losses = []
    settings = replace(TRANSFORMER, objectives="split_views", learning_rate=0.003)
    monkeypatch.setattr(sentence_training, "train", noting_losses(sentence_training.train, losses))
    vectors = encode(fit_encoder(language_model, texts, tmp_path / "one", settings), texts)
    assert np.mean(losses[-3:]) < losses[0] - 0.3
    assert separation(vectors) > 0.5
    again = encode(fit_encoder(language_model, texts, tmp_path / "two", settings), texts)
    np.testing.assert_array_equal(again, vectors)
    other = encode(fit_encoder(language_model, texts, tmp_path / "three", settings, seed=1), texts)
    assert not np.array_equal(other, vectors)


@pytest.mark.parametrize("form", ["static", "lexical", "transformer"])
@pytest.mark.parametrize("few", [["alpha"], ["alpha", "beta"], ["!!!", "🦊"], ["alpha beta", "beta alpha"]])
def test_few_and_poor_texts_get_finite_vectors(form, few, language_model, tmp_path):
    encoder = fit_encoder(language_model, few, tmp_path / "encoder", replace(TRANSFORMER, form=form))
    assert np.isfinite(encode(encoder, few)).all()


def test_what_pretrain_returned_serves_as_well_as_its_folder(language_model, texts, tmp_path):
    model = load_language_model(language_model)
    of_model = encode(fit_encoder(model, iter(texts), tmp_path / "a", STATIC), texts)
    np.testing.assert_array_equal(of_model, encode(fit_encoder(language_model, texts, tmp_path / "b", STATIC), texts))


def test_nothing_to_fit(language_model, tmp_path):
    with pytest.raises(DataError, match="no texts to fit an encoder to: give at least one"):
        fit_encoder(language_model, [], tmp_path / "encoder", STATIC)
    with pytest.raises(DataError, match=r"holds no language model \(no tokenizer\.json\): give a folder from textssl"):
        fit_encoder(tmp_path, ["boat"], tmp_path / "encoder", STATIC)
    with pytest.raises(UsageError, match="texts: expected a list of str, got a single str"):
        fit_encoder(language_model, "boat", tmp_path / "encoder", STATIC)
    assert not (tmp_path / "encoder").exists()


@pytest.mark.parametrize(("kind", "reads"), [("roberta", 64), ("gpt2", 66), ("xlm-roberta", 64)])
def test_an_encoder_reads_no_more_than_its_checkpoint_has_positions_for(kind, reads, texts, tmp_path):
    objective = "clm" if kind == "gpt2" else "mlm"
    start = checkpoint(kind, texts, tmp_path / kind)
    how = PretrainingSettings(checkpoint=str(start), objective=objective, tokens=300, max_length=512)
    model = pretrain(texts, tmp_path / "lm", how)
    settings = replace(TRANSFORMER, max_length=512, sentence_tokens=1_000)
    long = " ".join(texts[:40])
    encoder = fit_encoder(model, [*texts, long], tmp_path / "encoder", settings)
    assert np.linalg.norm(encode(encoder, [long, texts[0]]), axis=1) == pytest.approx([1, 1])
    assert TextEncoder.load(tmp_path / "encoder").notes_[0] == (
        f"the model reads at most {reads} tokens at once: embedding.max_length is {reads}, not 512"
    )
    assert load_encoder(tmp_path / "encoder").get_max_seq_length() == reads


def test_the_head_that_an_encoder_drops_is_no_warning(texts, tmp_path, caplog):
    start = checkpoint("xlm-roberta", texts, tmp_path / "start")
    model = pretrain(texts, tmp_path / "lm", PretrainingSettings(checkpoint=str(start), tokens=300))
    warned = logging.getLogger("transformers")
    monitor = warned.propagate
    warned.propagate = True
    try:
        fit_encoder(model, texts, tmp_path / "encoder", replace(TRANSFORMER, sentence_tokens=0))
    finally:
        warned.propagate = monitor
    assert not [record for record in caplog.records if "LOAD REPORT" in record.message]


@pytest.mark.parametrize("kind", ["roberta", "xlm-roberta"])
def test_halves_of_texts_in_pieces_share_no_word(kind, texts, tmp_path, monkeypatch):
    seen, views = [], OBJECTIVES["split_views"].views

    def watched(ids, mask, words, rng):
        seen.append((ids[words], ids[~words & mask.bool()]))
        return views(ids, mask, words, rng)

    start = checkpoint(kind, texts, tmp_path / kind, size=290 if kind == "roberta" else 60)  # too few for whole words
    monkeypatch.setattr("textssl.encoder.objectives.split_views.views", watched)
    fit_encoder(start, texts, tmp_path / "encoder", replace(TRANSFORMER, sentence_tokens=500))
    tokenizer = load_encoder(tmp_path / "encoder").tokenizer
    dealt = {token for ids, _ in seen for token in tokenizer.convert_ids_to_tokens(ids.tolist())}
    assert dealt
    assert all(token[0] in "Ġ▁" or token in texts[0].split()[0] for token in dealt), dealt
