"""Which method to use: cross-validation on the labelled texts; another than the first only if it is clearly better."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from textssl.classification.folds import folds
from textssl.classification.inputs import Fitted, Inputs
from textssl.classification.labels import targets, without
from textssl.classification.linear import best_temperature, cross_entropies, probabilities
from textssl.classification.registry import METHODS, Entry
from textssl.progress import bar


@dataclass(frozen=True)
class HeldOut:
    """Labelled texts, each classified by a classifier that did not learn from it.

    Attributes:
        rows: (m,) the texts.
        scores: float64 (m, k), the scores of the classes.
        targets: float64 (m, k), 1 for the classes of a text, 0 for others.
        multi_label: whether texts have several classes.
    """

    rows: np.ndarray
    scores: np.ndarray
    targets: np.ndarray
    multi_label: bool

    @cached_property
    def probabilities(self) -> np.ndarray:
        """The calibrated probabilities of the classes, (m, k)."""
        temperature = best_temperature(self.scores, self.targets, self.multi_label)
        return probabilities(self.scores, self.multi_label, temperature)

    @property
    def cross_entropies(self) -> np.ndarray:
        """The cross-entropy of the calibrated probabilities of each text in nats, (m,)."""
        return cross_entropies(self.probabilities, self.targets, self.multi_label)

    @property
    def found(self) -> np.ndarray:
        """1 for the classes that each text was given, 0 for others, (m, k)."""
        if self.multi_label:
            return (self.scores > 0).astype(float)
        return np.eye(self.scores.shape[1])[self.scores.argmax(axis=1)]

    @property
    def correct(self) -> np.ndarray:
        """Whether each text was given exactly its classes, bool (m,)."""
        return (self.found == self.targets).all(axis=1)


@dataclass(frozen=True)
class Candidate:
    """A method in the comparison.

    Attributes:
        method: its name.
        accuracy: share of the labelled texts that it classifies correctly without having learned from them.
        cross_entropy: of its calibrated probabilities, in nats.
        gain: by how much its cross-entropy is lower than that of the first method, in standard errors.
        seconds: time of the cross-validation.
    """

    method: str
    accuracy: float
    cross_entropy: float
    gain: float
    seconds: float


def cross_validate(entry: Entry, inputs: Inputs, label: str = "") -> HeldOut:
    """Classify each labelled text by a classifier that learned from the other folds; its text remains, unlabelled.

    Args:
        entry: the method.
        inputs: the texts; a class with one example is in no fold.
        label: of the progress bar. Default "".
    """
    held_out = list(folds(inputs.y, inputs.settings.folds, inputs.seed))
    scores = [
        entry.fit(replace(inputs, y=without(inputs.y, rows), checkpoint=None)).scores(inputs, rows)
        for rows in bar(held_out, label, unit="fold")
    ]
    rows = np.concatenate(held_out)
    return HeldOut(rows, np.concatenate(scores), targets(inputs.y[rows], len(inputs.classes)), inputs.y.ndim == 2)


def select_method(methods: Mapping[str, Entry], inputs: Inputs) -> tuple[str, HeldOut, list[Candidate]]:
    """Return the best method by cross-validation, what it says of the labelled texts, and what was compared.

    Methods other than the first must be better than it by `settings.margin` standard errors of the difference of
    their cross-entropies, and not worse in accuracy.

    Args:
        methods: the methods to compare, by name.
        inputs: the texts.
    """
    first, results, compared = next(iter(methods)), {}, []
    for name, entry in methods.items():
        started = time.monotonic()
        results[name] = cross_validate(entry, inputs, f"comparing methods: {name}")
        compared.append(_candidate(name, results[name], results[first], time.monotonic() - started))
    better = [each for each in compared if each.gain > inputs.settings.margin and each.accuracy >= compared[0].accuracy]
    best = min(better, key=lambda each: each.cross_entropy, default=compared[0]).method
    return best, results[best], compared


def _candidate(name: str, found: HeldOut, first: HeldOut, seconds: float) -> Candidate:
    losses = found.cross_entropies
    saved = first.cross_entropies - losses
    error = saved.std() / np.sqrt(len(saved))
    gain = float(saved.mean() / error) if error else 0.0
    return Candidate(name, float(found.correct.mean()), float(losses.mean()), gain, round(seconds, 1))


@dataclass(frozen=True)
class Learned:
    """A fitted method, and how it was chosen.

    Attributes:
        method: its name.
        fitted: the classifier of vectors, calibrated, and its encoder.
        held_out: what the method says of the labelled texts in cross-validation.
        candidates: the methods that were compared; none if the settings name the method.
    """

    method: str
    fitted: Fitted
    held_out: HeldOut
    candidates: list[Candidate]


def learn(inputs: Inputs) -> Learned:
    """Fit the method in the settings, or the one that cross-validation selects, and calibrate its probabilities."""
    method, candidates = inputs.settings.method, list[Candidate]()
    if method == "auto":
        method, held_out, candidates = select_method(
            {name: entry for name, entry in METHODS.items() if entry.compared}, inputs
        )
    else:
        held_out = cross_validate(METHODS[method], inputs, "cross-validation")
    fitted = METHODS[method].fit(inputs)
    fitted.classifier.calibrate(held_out.scores, held_out.targets)
    return Learned(method, fitted, held_out, candidates)
