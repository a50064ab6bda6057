"""Cross-validation, and the method that it selects."""

from dataclasses import replace

import numpy as np
import pytest

from textssl.classification import LogisticHead
from textssl.classification.evaluation import class_scores, confusion, learning_curve, suspicious_labels
from textssl.classification.folds import folds
from textssl.classification.graph import make_graph
from textssl.classification.inputs import Fitted, Inputs
from textssl.classification.registry import METHODS, Entry
from textssl.classification.selection import cross_validate, learn, select_method
from textssl.classification.settings import ClassificationSettings


def fit_at_random(inputs):
    rng = np.random.default_rng(0)
    return Fitted(LogisticHead(C=1).fit(rng.normal(size=inputs.vectors.shape), inputs.y))


def fit_by_heart(inputs):
    """Fit all classes, those held out, too."""
    return Fitted(LogisticHead(C=100).fit(inputs.vectors, inputs.texts))


RANDOM, KNOWING = Entry(f"{__name__}:fit_at_random", ""), Entry(f"{__name__}:fit_by_heart", "")


@pytest.fixture
def make_inputs(make_classes, few):
    def make(count=10, **options):
        vectors, classes = make_classes(**options)
        return Inputs(
            texts=classes.tolist(),
            rows=np.arange(len(classes)),
            vectors=vectors,
            classes=np.unique(classes),
            y=few(classes, count),
            encoder=None,
            encode=None,
            graph=lambda: make_graph(vectors, classes >= 0, 15, 1_000, 0),
            settings=ClassificationSettings(),
            seed=0,
        )

    return make


def test_folds_spread_each_class_evenly():
    y = np.repeat([0, 1, 2, -1], [10, 7, 1, 5])
    parts = list(folds(y, 5, 0))
    assert sorted(np.concatenate(parts).tolist()) == list(range(17))
    assert all((y[part] == 0).sum() == 2 for part in parts)
    assert [part.tolist() for part in folds(y, 5, 0)] == [part.tolist() for part in parts]


def test_held_out_texts_are_not_learned_from(make_inputs):
    inputs = make_inputs(spread=0.1)
    wrong = inputs.y.copy()
    wrong[0] = 2  # the vector of a text of class 0
    held_out = cross_validate(METHODS["head"], replace(inputs, y=wrong))
    assert held_out.found[held_out.rows == 0].argmax() == 0
    assert confusion(held_out).tolist() == [[9, 0, 0], [0, 10, 0], [1, 0, 10]]
    (suspicious,) = suspicious_labels(held_out)
    assert (suspicious.row, suspicious.label, suspicious.found) == (0, 2, 0)
    scores = class_scores(held_out)
    assert [each.labelled for each in scores] == [9, 10, 11]
    assert (scores[0].precision, scores[0].recall) == (0.9, 1.0)
    assert scores[0].f1 == pytest.approx(2 * 0.9 / 1.9)


def test_another_method_must_be_clearly_better(make_inputs):
    inputs = make_inputs(spread=0.4)
    head = METHODS["head"]
    assert select_method({"head": head, "random": RANDOM}, inputs)[0] == "head"
    method, held_out, candidates = select_method({"head": head, "knowing": KNOWING}, inputs)
    assert method == "knowing"
    assert held_out.correct.mean() == candidates[1].accuracy > candidates[0].accuracy
    assert candidates[1].gain > 2 > candidates[0].gain == 0
    careful = replace(inputs, settings=ClassificationSettings(margin=1e6))
    assert select_method({"head": head, "knowing": KNOWING}, careful)[0] == "head"


def test_the_method_in_the_settings_is_used(make_inputs):
    learned = learn(replace(make_inputs(), settings=ClassificationSettings(method="groups")))
    assert learned.method == "groups"
    assert not learned.candidates
    assert learned.fitted.classifier.temperature_.item() != 1


def test_more_labels_are_better(make_inputs):
    curve = learning_curve(METHODS["head"], make_inputs(count=30, spread=0.5), sizes=(2, 10, 100))
    assert list(curve) == [2, 10]
    assert curve[2] < curve[10]
