"""`fit_novelty`: how odd texts are among others, as the settings say."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np

from textssl.density.base import MOST_LEARNED, Detector, percentiles, sample_of
from textssl.density.registry import DETECTORS, Entry, weights_of
from textssl.density.saving import load_detector, save_detector
from textssl.density.settings import DensitySettings
from textssl.errors import DataError, UsageError
from textssl.run_folder import read_json, write_json, write_whole

_WEIGHTS = "weights.json"


@dataclass(frozen=True)
class Novelty:
    """Detectors whose standardised scores are added; of one detector, its score as it is; without any, none is odd.

    Attributes:
        detectors: fitted on the same texts, by their names in the registry.
        weights: of each detector.
    """

    detectors: Mapping[str, Detector]
    weights: Mapping[str, float]

    def score_samples(self, vectors: np.ndarray, texts: Sequence[str] | None = None) -> np.ndarray:
        """Return the score of each text, float64 (n,): higher is more usual.

        A text whose vector is zero (a blank one, or one without a word that the encoder knows) scores -inf.

        Args:
            vectors: (n, d), of the texts.
            texts: the texts; None suffices for detectors that read vectors only.

        Raises:
            VectorError: a DataError, if the vectors have another number of dimensions than those learned from.
        """
        found = {
            name: detector.score_samples(_read(DETECTORS[name], vectors, texts))
            for name, detector in self.detectors.items()
        }
        return np.where(np.any(vectors, axis=1), self._sum(found), -np.inf)

    def novelty(self, scores: np.ndarray) -> np.ndarray:
        """Return which share of the texts that were kept aside is less odd than texts of these scores: [0, 1]."""
        if not self.detectors:
            return np.zeros(len(scores))
        return percentiles(scores, self._sum({name: found.aside_scores_ for name, found in self.detectors.items()}))

    def _sum(self, scores: Mapping[str, np.ndarray]) -> np.ndarray:
        if len(scores) == 1:
            return next(iter(scores.values()))
        aside = {name: found.aside_scores_ for name, found in self.detectors.items()}
        standardised = {name: (scores[name] - x.mean()) / max(x.std(), 1e-9) for name, x in aside.items()}
        # A text without words, such as an emoji, says nothing to a detector that reads words.
        known = [self.weights[name] * np.where(np.isfinite(x), x, 0) for name, x in standardised.items()]
        return np.sum(known, axis=0)

    def save(self, folder: Path) -> None:
        """Write a folder with one safetensors file for each detector, and their weights."""

        def write(part: Path) -> None:
            part.mkdir()
            write_json(part / _WEIGHTS, dict(self.weights))
            for name, detector in self.detectors.items():
                save_detector(detector, part / f"{name}.safetensors")

        write_whole(folder, write)

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Load what `save` wrote.

        Raises:
            DataError: if the folder or a file in it is missing or damaged.
        """
        try:
            weights = read_json(folder / _WEIGHTS)
        except FileNotFoundError:
            raise DataError(f"{folder} holds no novelty detectors: run the same textssl run command again") from None
        return cls({name: load_detector(folder / f"{name}.safetensors") for name in weights}, weights)


def fit_novelty(
    vectors: np.ndarray,
    texts: Sequence[str] | None = None,
    settings: DensitySettings | None = None,
    seed: int = 0,
    max_samples: int = MOST_LEARNED,
    encoder_weight: float = 1.0,
) -> Novelty:
    """Learn which texts are usual.

    Args:
        vectors: (n, d), of distinct texts.
        texts: the texts; None = unknown: of a method that adds several detectors, those that read vectors are fitted.
        settings: the method and its settings; None = the defaults.
        seed: of the sample and the detectors.
        max_samples: the most texts that are learned from; a random sample of them if there are more.
        encoder_weight: of a method that adds several detectors, factor of the weight of those that read vectors; more
            than 1 suits an encoder that knows more than the texts. Default 1.

    Raises:
        UsageError: for a method that reads only words, without texts.
        DataError: if the vectors are invalid, or fewer than 2 texts differ.
    """
    settings = settings or DensitySettings()
    vectors = np.asarray(vectors)
    weights = {
        name: weight if DETECTORS[name].bags else weight * encoder_weight
        for name, weight in weights_of(settings.method).items()
        if texts is not None or not DETECTORS[name].bags
    }
    if not weights:
        raise UsageError(f"the method {settings.method} reads the words of texts, got vectors only: give the texts too")
    rows = np.flatnonzero(np.any(vectors, axis=1))
    rows = rows[sample_of(len(rows), max_samples, seed)]
    learned = vectors[rows], None if texts is None else [texts[int(row)] for row in rows]
    read = {name: _read(DETECTORS[name], *learned) for name in weights}
    if len(read) > 1:
        read = _common(read)
    detectors = {}
    for name, found in read.items():
        entry = DETECTORS[name]
        used = {setting: getattr(settings, setting) for setting in ("contamination", *entry.settings)}
        detectors[name] = entry.estimator(**used, max_samples=max(2, len(rows)), random_state=seed).fit(found)
    return Novelty(detectors, {name: weights[name] for name in detectors})


def _common(read: dict[str, Any]) -> dict[str, Any]:
    """Return what several detectors read of the texts that all can score, so that they keep the same ones aside.

    If fewer than 2 texts have a word, only the detectors that read vectors remain.
    """
    known = np.logical_and.reduce([np.asarray(abs(found).sum(axis=1)).ravel() > 0 for found in read.values()])
    if np.count_nonzero(known) < 2:
        return {name: found for name, found in read.items() if not DETECTORS[name].bags}
    return {name: found[known] for name, found in read.items()}


def _read(entry: Entry, vectors: np.ndarray, texts: Sequence[str] | None) -> Any:
    """Return what a detector reads of texts."""
    if not entry.bags:
        return vectors
    if texts is None:
        raise UsageError("these detectors read the words of texts, got vectors only: give the texts too")
    return entry.bags_of(texts)
