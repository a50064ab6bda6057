"""TextEncoder as a scikit-learn transformer."""

import doctest

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from transformers import PreTrainedTokenizerFast

from textssl.clustering import SphericalKMeans
from textssl.encoder import encoder as module
from textssl.encoder.encoder import TextEncoder
from textssl.encoder.inference.encode import encode
from textssl.errors import UsageError
from textssl.language.tokens import tokenize


def files_of(encoder, folder):
    """Return the bytes of the files that an encoder saves, by path."""
    encoder.save(folder)
    return {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture(scope="module")
def tokens(language_model, texts):
    return tokenize(PreTrainedTokenizerFast.from_pretrained(language_model), texts)


def test_texts_are_clustered_by_a_pipeline(texts):
    pipeline = make_pipeline(TextEncoder(dimensions=8), SphericalKMeans(2, random_state=0)).fit(texts)
    labels = pipeline.predict(texts)
    assert set(labels[::2]) | set(labels[1::2]) == {0, 1}
    assert len(set(labels[::2])) == len(set(labels[1::2])) == 1  # the two topics
    assert pipeline.predict(["boat sail wind"]) == labels[:1]


def test_a_clone_has_the_parameters_and_nothing_learned(texts):
    encoder = TextEncoder(dimensions=4, whiten=True).fit(texts)
    copy = clone(encoder)
    assert copy.get_params() == encoder.get_params()
    with pytest.raises(NotFittedError, match="This TextEncoder instance is not fitted yet"):
        copy.transform(texts)
    np.testing.assert_array_equal(copy.fit(texts).transform(texts), encoder.transform(texts))


def test_parameters_are_read_and_set():
    encoder = TextEncoder(dimensions=4)
    assert encoder.get_params()["dimensions"] == 4
    assert encoder.set_params(dimensions=5, form="lexical") is encoder
    assert (encoder.dimensions, encoder.form) == (5, "lexical")
    with pytest.raises(ValueError, match="Invalid parameter 'dimension' for estimator TextEncoder"):
        encoder.set_params(dimension=5)


def test_a_grid_search_over_the_dimensions(texts):
    pipeline = make_pipeline(TextEncoder(), SphericalKMeans(2, random_state=0))
    grid = {"textencoder__dimensions": [2, 6]}
    search = GridSearchCV(pipeline, grid, scoring=lambda fitted, _: fitted[0].n_features_out_, cv=2).fit(texts)
    assert search.best_params_ == {"textencoder__dimensions": 6}
    assert search.best_estimator_[0].transform(texts).shape == (200, 6)


def test_pandas_output(texts):
    series = pd.Series(texts, index=range(1_000, 1_200))
    encoder = TextEncoder(dimensions=3).set_output(transform="pandas")
    frame = encoder.fit_transform(series)
    assert list(frame.columns) == list(encoder.get_feature_names_out())
    assert list(frame.columns) == ["textencoder0", "textencoder1", "textencoder2"]
    assert list(frame.index) == list(series.index)
    expected = TextEncoder(dimensions=3).fit(texts).transform(texts)
    np.testing.assert_array_equal(frame.to_numpy(), expected)


@pytest.mark.parametrize("form", ["static", "lexical"])
def test_a_loaded_encoder_gives_the_same_vectors(form, texts, tmp_path):
    encoder = TextEncoder(form=form, dimensions=8).fit(texts)
    encoder.save(tmp_path / "encoder")
    loaded = TextEncoder.load(tmp_path / "encoder")
    np.testing.assert_array_equal(loaded.transform(texts), encoder.transform(texts))
    assert (loaded.n_features_out_, loaded.notes_, loaded.training_) == (8, [], None)


def test_the_record_of_the_sentence_training_is_saved(language_model, many_texts, tmp_path):
    encoder = TextEncoder(language_model, form="transformer", sentence_tokens=500, batch_texts=32).fit(many_texts)
    encoder.save(tmp_path / "encoder")
    loaded = TextEncoder.load(tmp_path / "encoder")
    assert loaded.training_ == encoder.training_
    assert loaded.training_.texts == 60
    assert loaded.notes_ == encoder.notes_ == [encoder.training_.note]


def test_an_unfitted_encoder_is_not_saved(tmp_path):
    with pytest.raises(NotFittedError, match="This TextEncoder instance is not fitted yet"):
        TextEncoder().save(tmp_path / "encoder")
    assert not list(tmp_path.iterdir())


def test_a_transformer_needs_a_language_model(texts):
    message = "the form transformer needs a language model, got none: give the result of textssl.pretrain"
    with pytest.raises(UsageError, match=message):
        TextEncoder(form="transformer").fit(texts)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"dimensions": 0}, "embedding.dimensions .* 0"),
        ({"form": "statik"}, r"embedding.form .*'statik' \(nearest: 'static'\)"),
        ({"objectives": "split_views,crop"}, r"embedding.objectives .*'crop' \(nearest: 'crops'\)"),
        ({"sif_a": "much"}, "embedding.sif_a .*'much'"),
    ],
)
def test_an_invalid_parameter_is_named(parameters, message, texts):
    encoder = TextEncoder(**parameters)  # scikit-learn: validated by fit, not by __init__
    with pytest.raises(UsageError, match=message):
        encoder.fit(texts)


def test_an_unknown_language_is_named(texts):
    with pytest.raises(UsageError, match="unknown language 'klingon'"):
        TextEncoder(form="lexical", lang="klingon").fit(texts)


@pytest.mark.parametrize("form", ["static", "lexical", "transformer"])
def test_tokens_given_or_computed_make_no_difference(form, language_model, texts, tokens, tmp_path):
    parameters = {"form": form, "dimensions": 8, "sentence_tokens": 300, "batch_texts": 32}
    encoder, other = (TextEncoder(language_model, **parameters) for _ in range(2))
    encoder.fit(texts)
    other.fit(texts, tokens=tokens)
    np.testing.assert_array_equal(encoder.transform(texts, tokens), encoder.transform(texts))
    assert files_of(encoder, tmp_path / "computed") == files_of(other, tmp_path / "given")


def test_fit_ignores_labels_and_restores_the_random_state(texts):
    state = np.random.get_state()[1].copy()
    encoder, other = TextEncoder(dimensions=4).fit(texts), TextEncoder(dimensions=4).fit(texts, y=[0] * len(texts))
    np.testing.assert_array_equal(encoder.transform(texts), other.transform(texts))
    np.testing.assert_array_equal(np.random.get_state()[1], state)


def test_the_example_of_the_documentation():
    result = doctest.testmod(module)
    assert result.attempted >= 3
    assert result.failed == 0


def test_encode_takes_a_fitted_encoder_and_refuses_another(texts):
    encoder = TextEncoder(dimensions=8)
    with pytest.raises(NotFittedError):
        encode(encoder, texts)
    np.testing.assert_array_equal(encode(encoder.fit(texts), texts), encoder.transform(texts))
