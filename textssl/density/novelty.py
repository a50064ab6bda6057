"""`fit_novelty`: how odd texts are among others, as the settings say."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np

from textssl.density.base import MOST_LEARNED, Detector, percentiles, sample_of
from textssl.density.registry import DETECTORS, Entry, entries_of
from textssl.density.saving import load_detector, save_detector
from textssl.density.settings import DensitySettings
from textssl.errors import DataError, UsageError
from textssl.run_folder import write_whole


@dataclass(frozen=True)
class Novelty:
    """Detectors whose standardised scores are added; of one detector, its score as it is.

    Attributes:
        detectors: fitted on the same texts, by their names in the registry.
    """

    detectors: Mapping[str, Detector]

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
        return percentiles(scores, self._sum({name: found.aside_scores_ for name, found in self.detectors.items()}))

    def _sum(self, scores: Mapping[str, np.ndarray]) -> np.ndarray:
        if len(scores) == 1:
            return next(iter(scores.values()))
        aside = {name: found.aside_scores_ for name, found in self.detectors.items()}
        return np.sum([(scores[name] - x.mean()) / max(x.std(), 1e-9) for name, x in aside.items()], axis=0)

    def save(self, folder: Path) -> None:
        """Write a folder with one safetensors file for each detector."""

        def write(part: Path) -> None:
            part.mkdir()
            for name, detector in self.detectors.items():
                save_detector(detector, part / f"{name}.safetensors")

        write_whole(folder, write)

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Load what `save` wrote.

        Raises:
            DataError: if the folder or a file in it is missing or damaged.
        """
        paths = sorted(folder.glob("*.safetensors"))
        if not paths:
            raise DataError(f"{folder} holds no novelty detectors: run the same textssl run command again")
        return cls({path.stem: load_detector(path) for path in paths})


def fit_novelty(
    vectors: np.ndarray,
    texts: Sequence[str] | None = None,
    settings: DensitySettings | None = None,
    seed: int = 0,
    max_samples: int = MOST_LEARNED,
) -> Novelty:
    """Learn which texts are usual.

    Args:
        vectors: (n, d), of distinct texts.
        texts: the texts; None = unknown: of a method that adds several detectors, those that read vectors are fitted.
        settings: the method and its settings; None = the defaults.
        seed: of the sample and the detectors.
        max_samples: the most texts that are learned from; a random sample of them if there are more.

    Raises:
        UsageError: for a method that reads only words, without texts.
        DataError: if the vectors are invalid, or fewer than 2 texts differ.
    """
    settings = settings or DensitySettings()
    vectors = np.asarray(vectors)
    entries = entries_of(settings.method)
    if texts is None:
        entries = {name: entry for name, entry in entries.items() if not entry.bags}
    if not entries:
        raise UsageError(f"the method {settings.method} reads the words of texts, got vectors only: give the texts too")
    rows = np.flatnonzero(np.any(vectors, axis=1))
    rows = rows[sample_of(len(rows), max_samples, seed)]
    learned = vectors[rows], None if texts is None else [texts[int(row)] for row in rows]
    detectors = {}
    for name, entry in entries.items():
        used = {setting: getattr(settings, setting) for setting in ("contamination", *entry.settings)}
        detectors[name] = entry.estimator(**used, max_samples=max(2, len(rows)), random_state=seed)
        detectors[name].fit(_read(entry, *learned))
    return Novelty(detectors)


def _read(entry: Entry, vectors: np.ndarray, texts: Sequence[str] | None) -> Any:
    """Return what a detector reads of texts."""
    if not entry.bags:
        return vectors
    if texts is None:
        raise UsageError("these detectors read the words of texts, got vectors only: give the texts too")
    return entry.bags_of(texts)
