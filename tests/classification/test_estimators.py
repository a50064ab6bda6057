"""The classifiers of vectors, as scikit-learn's users meet them."""

import doctest

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.utils.estimator_checks import check_estimator

import textssl.classification
from textssl.classification import LogisticHead, SpreadLabels
from textssl.classification.linear import best_temperature, fit_logistic, probabilities
from textssl.classification.registry import METHODS
from textssl.errors import DataError, UsageError
from textssl.estimators.saving import load_estimator, save_estimator

ESTIMATORS = sorted({entry.estimator for entry in METHODS.values()}, key=lambda each: each.__name__)
every_estimator = pytest.mark.parametrize("estimator", ESTIMATORS)


@every_estimator
def test_scikit_learns_checks(estimator):
    expected = {"check_classifiers_classes": "one of its classes is -1, which here means unlabelled"}
    checked = check_estimator(estimator(), expected_failed_checks=expected, on_skip=None)
    assert len(checked) > 40


@every_estimator
def test_public_and_documented(estimator):
    assert getattr(textssl.classification, estimator.__name__) is estimator
    failed, tried = doctest.testmod(__import__(estimator.__module__, fromlist=["x"]))
    assert tried
    assert not failed


@every_estimator
def test_saved_and_loaded_it_predicts_the_same(estimator, make_classes, few, tmp_path):
    vectors, classes = make_classes()
    codes = few(classes, 5)
    names = np.array(["fox", "dog", "cat", -1], dtype=object)[codes]
    for y in (codes, names, np.where(codes[:, None] < 0, -1, np.eye(3, dtype=int)[codes])):
        fitted = estimator().fit(vectors, y)
        save_estimator(fitted, tmp_path / "classifier.safetensors", METHODS)
        loaded = load_estimator(tmp_path / "classifier.safetensors", METHODS, estimator)
        np.testing.assert_array_equal(loaded.predict_proba(vectors), fitted.predict_proba(vectors))
        np.testing.assert_array_equal(loaded.predict(vectors), fitted.predict(vectors))
        np.testing.assert_array_equal(loaded.classes_, fitted.classes_)


@every_estimator
def test_few_labels_suffice_for_plain_classes(estimator, make_classes, few):
    vectors, classes = make_classes(spread=0.1)
    assert (estimator().fit(vectors, few(classes, 3)).predict(vectors) == classes).mean() > 0.95


@every_estimator
def test_vectors_with_several_classes(estimator, make_classes):
    vectors, classes = make_classes(k=3, spread=0.1)
    y = np.eye(3, dtype=int)[classes]
    y[classes == 0, 1] = 1  # what is of the first class is of the second, too
    y[::2] = -1
    found = estimator().fit(vectors, y).predict(vectors)
    assert found.shape == (120, 3)
    assert found[classes == 0].mean(axis=0) == pytest.approx([1, 1, 0], abs=0.05)
    assert found[classes == 2].mean(axis=0) == pytest.approx([0, 0, 1], abs=0.05)


def test_labels_spread_along_a_chain():
    angle = np.linspace(0, np.pi, 200)
    inner = np.stack([np.cos(angle), np.sin(angle), np.full(200, 0.3)], axis=1)
    outer = np.stack([np.cos(angle), np.sin(angle), np.full(200, -0.3)], axis=1)
    vectors, classes = np.vstack([inner, outer]), np.repeat([0, 1], 200)
    y = np.full(400, -1)
    y[[0, 399]] = [0, 1]  # each label is at another end of its chain, nearer to the other chain's end than to its own
    spread = SpreadLabels(n_neighbors=5, group_share=0, n_iter=1_000, C=1e4).fit(vectors, y)
    assert (spread.predict(vectors) == classes).mean() > 0.95


def test_a_sample_of_many_vectors_is_enough(make_classes, few):
    vectors, classes = make_classes(per=100, spread=0.1)
    fitted = SpreadLabels(max_texts=50).fit(vectors, few(classes, 3))
    assert (fitted.predict(vectors) == classes).mean() > 0.95


def test_logistic_regression_is_scikit_learns(make_classes):
    vectors, classes = make_classes(spread=0.5)
    found = fit_logistic(vectors, np.eye(3)[classes], C=10)
    theirs = LogisticRegression(C=10, tol=1e-6, max_iter=1_000).fit(vectors, classes)
    ours = probabilities(vectors @ found[:, :-1].T + found[:, -1], multi_label=False)
    np.testing.assert_allclose(ours, theirs.predict_proba(vectors), atol=2e-3)


def test_the_temperature_undoes_overconfidence():
    rng = np.random.default_rng(0)
    scores = rng.normal(size=(2_000, 3))
    drawn = (rng.random(2_000)[:, None] > probabilities(scores, False).cumsum(axis=1)).sum(axis=1)
    assert best_temperature(5 * scores, np.eye(3)[drawn], False) == pytest.approx(5, rel=0.1)


def test_a_few_texts_do_not_make_it_certain():
    scores, targets = np.array([[9.0, 0], [0, 9.0]]), np.eye(2)
    likely = probabilities(scores, False, best_temperature(scores, targets, False))
    assert likely.max() == pytest.approx(3 / 4, abs=0.01)


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda X: LogisticHead(C=0).fit(X, [0, 1, 1]), UsageError, "C must be a number above 0 or 'auto', got 0"),
        (lambda X: LogisticHead(n_folds=1).fit(X, [0, 1, 1]), UsageError, "n_folds must be a whole number >= 2, got 1"),
        (lambda X: SpreadLabels(kept=2).fit(X, [0, 1, 1]), UsageError, "kept must be a number from 0 to 1, got 2"),
        (lambda X: LogisticHead().fit(X, [-1, -1, -1]), DataError, "no vector is labelled"),
        (lambda X: SpreadLabels().fit(X * 0, [0, 1, 1]), DataError, "over n_samples = 0 distinct vectors"),
    ],
)
def test_bad_input(make, error, message):
    with pytest.raises(error, match=message):
        make(np.eye(3))
