import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from textssl.embedding import sentence_stage
from textssl.embedding.encoding import encode, load_encoder
from textssl.embedding.fitting import corpus_bags, fit_encoder, save_tuned, static_parts
from textssl.embedding.settings import EmbeddingSettings

STATIC = EmbeddingSettings(form="static", dimensions=8)
TRANSFORMER = EmbeddingSettings(form="transformer", sentence_tokens=6_000, batch_texts=32)
POOLINGS = ("sif", "mean", "cls", "lasttoken", "weightedmean")
FORMS = {
    "static": STATIC,
    "static, components out": replace(STATIC, components=2),
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


def test_centred_vectors(language_model, texts, fitted):
    raw = encode(fitted / "static, not centred", texts)
    table, (matrix, bias) = static_parts(load_encoder(fitted / "static"))
    np.testing.assert_allclose(-bias, raw.mean(axis=0), atol=1e-5)
    assert table.shape[1] == 8
    assert not static_parts(load_encoder(fitted / "static, not centred"))[1].bias.any()
    # `tune` reckons with just these parts: the words' vectors summed, made unit, mapped.
    sums = corpus_bags(language_model, texts, 64) @ table
    units = sums / np.linalg.norm(sums, axis=1, keepdims=True) @ matrix.T + bias
    np.testing.assert_allclose(
        units / np.linalg.norm(units, axis=1, keepdims=True), encode(fitted / "static", texts), atol=1e-4
    )


def test_save_tuned_replaces_the_token_vectors(fitted, texts, tmp_path):
    encoder = load_encoder(fitted / "static")
    table, shift = static_parts(encoder)
    reversed_table = table[:, ::-1].copy()
    save_tuned(encoder, reversed_table, tmp_path / "tuned")
    changed, same_shift = static_parts(load_encoder(tmp_path / "tuned"))
    np.testing.assert_array_equal(changed, reversed_table)
    np.testing.assert_array_equal(same_shift.bias, shift.bias)


def test_auto_is_static_from_nothing_and_a_transformer_from_a_checkpoint(language_model, texts, tmp_path):
    settings = replace(TRANSFORMER, form="auto", sentence_tokens=0)
    assert len(static_parts(fit_encoder(language_model, texts, tmp_path / "a", settings))[0])
    started = fit_encoder(language_model, texts, tmp_path / "b", settings, pretrained=True)
    assert started[0].auto_model.config.model_type == "modernbert"


def test_the_halves_of_a_text_find_each_other(language_model, texts, tmp_path, monkeypatch):
    losses, train = [], sentence_stage.train

    def watched(model, batch_at, loss_of, *rest):
        def noted(batch):
            loss = loss_of(batch)
            losses.append(loss.item())
            return loss

        train(model, batch_at, noted, *rest)

    monkeypatch.setattr(sentence_stage, "train", watched)
    vectors = encode(fit_encoder(language_model, texts, tmp_path / "one", TRANSFORMER), texts)
    assert np.mean(losses[-3:]) < losses[0] - 0.3
    assert separation(vectors) > 0.5
    again = encode(fit_encoder(language_model, texts, tmp_path / "two", TRANSFORMER), texts)
    np.testing.assert_array_equal(again, vectors)
    other = encode(fit_encoder(language_model, texts, tmp_path / "three", TRANSFORMER, seed=1), texts)
    assert not np.array_equal(other, vectors)


@pytest.mark.parametrize("form", ["static", "lexical", "transformer"])
@pytest.mark.parametrize("few", [["alpha"], ["alpha", "beta"], ["!!!", "🦊"], ["alpha beta", "beta alpha"]])
def test_few_and_poor_texts_get_finite_vectors(form, few, language_model, tmp_path):
    encoder = fit_encoder(language_model, few, tmp_path / "encoder", replace(TRANSFORMER, form=form))
    assert np.isfinite(encode(encoder, few)).all()
