"""Estimate a run's time and memory, and from how many texts it can learn under the ceiling of memory."""

from dataclasses import dataclass

import numpy as np

from textssl.errors import DataError
from textssl.memory import ceiling, gigabytes
from textssl.pretraining.backbones import size_for
from textssl.pretraining.pretraining import batch_tokens_for, steps_for
from textssl.run_settings import RunSettings

# Bytes, measured on titles and on abstracts.
_FIXED = 900_000_000  # libraries, a small model and a batch of it
_A_TEXT = 300  # what is remembered of each while reading, and of its group
_A_CHARACTER = 15  # tokens and their co-occurrence counts, while vectors are learned
_FEWEST = 1_000  # texts that a model can learn from

# Seconds, measured on two cores of a server of 2023 (scripts/benchmarks/estimates.py).
_START = 8  # libraries and the smallest report
_REPORT, _REPORT_ROWS = 9, 5_000  # map, silhouette and keywords, of at most so many rows
_A_TEXT_READ, _A_CHARACTER_READ = 3e-5, 1e-6
_A_STEP, _A_TOKEN = 0.022, {"tiny": 1e-5, "small": 1e-4, "medium": 7e-4, "base": 2e-3}  # of the language model
_CHARACTERS_A_TOKEN = 4.5
_ENCODED_A_SECOND = 3_000  # tokens, by a transformer
_A_ROW_AND_CLUSTER = 8e-6  # where numbers of clusters are compared: so many of them, on so many rows
_NUMBERS, _ROWS_COMPARED = 16, 5_000
_TUNING, _FEWEST_TUNED = (
    30,
    1_000,
)  # of the groups and of those of two halves, all in as many steps; from so many texts on
_A_TUNED_TEXT, _A_REFITTED_TEXT = 2e-4, 5e-4
_TUNED, _REFITTED = 100_000, 20_000  # texts at most


@dataclass(frozen=True)
class Estimate:
    """A guess, within a factor of two of what was measured.

    Attributes:
        seconds: of the whole run.
        memory: the most bytes held at once.
        learned: how many of the texts language model and encoder learn from; fewer than all where more do not fit.
    """

    seconds: float
    memory: int
    learned: int


def estimate(texts: int, characters: int, settings: RunSettings) -> Estimate:
    """Guess what a run takes on so many distinct texts, of so many characters in all.

    Raises:
        DataError: if they do not fit under the ceiling of memory.
        UsageError: if `settings.memory` is no size.
    """
    allowed = ceiling(settings.memory)
    held = _FIXED + texts * _A_TEXT
    vectors = 4 * texts * settings.embedding.dimensions
    learning = max(1, characters) * _A_CHARACTER
    learned = min(texts, int(texts * (allowed - held) / learning))
    if held + vectors > allowed or learned < min(texts, _FEWEST):
        least = held + max(vectors, learning * min(texts, _FEWEST) // texts)
        raise DataError(
            f"{texts} texts of {characters} characters take {gigabytes(least)} of memory at least, more than the "
            f"{gigabytes(allowed)} allowed: raise --memory, lower embedding.dimensions, or give fewer texts"
        )
    memory = held + max(vectors, learning * learned // texts)
    return Estimate(_seconds(texts, characters, settings), memory, learned)


def _seconds(texts: int, characters: int, settings: RunSettings) -> float:
    seconds = _START + _REPORT * min(1, texts / _REPORT_ROWS)
    seconds += texts * _A_TEXT_READ + characters * _A_CHARACTER_READ
    tokens = characters / _CHARACTERS_A_TOKEN + 2 * texts
    if settings.embedding.teacher or settings.pretraining.checkpoint != "none":
        seconds += tokens / _ENCODED_A_SECOND
    if not settings.embedding.teacher:
        seconds += _pretraining_seconds(int(tokens), settings)
    if settings.clustering.n_clusters == "auto":
        highest = max(2.0, min(1.5 * texts**0.5, settings.clustering.max_clusters))
        compared = np.geomspace(2, highest, _NUMBERS).sum()
        seconds += _A_ROW_AND_CLUSTER * compared * min(texts, _ROWS_COMPARED)
    if texts >= _FEWEST_TUNED:
        seconds += _TUNING + _A_TUNED_TEXT * min(texts, _TUNED) + _A_REFITTED_TEXT * min(texts, _REFITTED)
    return float(seconds)


def _pretraining_seconds(tokens: int, settings: RunSettings) -> float:
    how = settings.pretraining
    batch = batch_tokens_for(how, tokens)
    size = size_for(tokens) if how.size == "auto" else how.size
    return steps_for(how, tokens, max(1, tokens / batch)) * (_A_STEP + batch * _A_TOKEN[size])
