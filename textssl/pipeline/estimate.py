"""Estimate a run's time and memory, and from how many texts it can learn under the ceiling of memory."""

from dataclasses import dataclass

import numpy as np

from textssl.errors import DataError
from textssl.memory import ceiling, gigabytes
from textssl.pretraining.objectives.registry import named
from textssl.run_settings import RunSettings

# Bytes, measured on titles and on abstracts.
_FIXED_BYTES = 900_000_000  # libraries, a small model and a batch of it
_BYTES_PER_TEXT = 300  # hash, row numbers and cluster of a text
_BYTES_PER_CHARACTER = 15  # tokens and their co-occurrence counts, while vectors are learned
_MIN_TEXTS = 1_000  # texts that a model can learn from

# Seconds, measured on two cores of a server of 2023 (scripts/benchmarks/estimates.py).
_START_SECONDS = 8  # libraries and the smallest report
_REPORT_SECONDS, _REPORT_ROWS = 9, 5_000  # map, silhouette and keywords of at most so many rows
_SECONDS_PER_TEXT_READ, _SECONDS_PER_CHARACTER_READ = 3e-5, 1e-6
_SECONDS_PER_STEP = 0.022  # of the language model
_SECONDS_PER_TOKEN = {"tiny": 1e-5, "small": 1e-4, "medium": 7e-4, "base": 2e-3}  # by its size
_CHARACTERS_PER_TOKEN = 4.5
_TOKENS_PER_SECOND_ENCODED = 3_000  # tokens, by a transformer
_SECONDS_PER_ROW_AND_CLUSTER = 8e-6  # to compare so many numbers of clusters on so many rows
_N_COMPARED, _ROWS_COMPARED = 16, 5_000
# Refining takes the same number of steps for any corpus of at least so many texts; clusters are then compared.
_REFINING_SECONDS, _MIN_REFINED = 15, 1_000
_SECONDS_PER_REFINED_TEXT, _MAX_REFINED = 5e-4, 100_000


@dataclass(frozen=True)
class Estimate:
    """An estimate, within a factor of two of what was measured.

    Attributes:
        seconds: of the whole run.
        memory: the most bytes held at once.
        learned: how many of the texts language model and encoder learn from; fewer than all if more do not fit.
    """

    seconds: float
    memory: int
    learned: int


def estimate(texts: int, characters: int, settings: RunSettings) -> Estimate:
    """Estimate the time and memory of a run.

    Args:
        texts: number of distinct texts.
        characters: their total length.
        settings: of the run.

    Raises:
        DataError: if they do not fit under the ceiling of memory.
        UsageError: if `settings.memory` is no size.
    """
    allowed = ceiling(settings.memory)
    held = _FIXED_BYTES + texts * _BYTES_PER_TEXT
    vectors = 4 * texts * settings.embedding.dimensions
    learning = max(1, characters) * _BYTES_PER_CHARACTER
    learned = min(texts, int(texts * (allowed - held) / learning))
    if held + vectors > allowed or learned < min(texts, _MIN_TEXTS):
        least = held + max(vectors, learning * min(texts, _MIN_TEXTS) // texts)
        raise DataError(
            f"{texts} texts of {characters} characters take {gigabytes(least)} of memory at least, more than the "
            f"{gigabytes(allowed)} allowed: raise --memory, lower embedding.dimensions, or give fewer texts"
        )
    memory = held + max(vectors, learning * learned // texts)
    return Estimate(_seconds(texts, characters, settings), memory, learned)


def _seconds(texts: int, characters: int, settings: RunSettings) -> float:
    seconds = _START_SECONDS + _REPORT_SECONDS * min(1, texts / _REPORT_ROWS)
    seconds += texts * _SECONDS_PER_TEXT_READ + characters * _SECONDS_PER_CHARACTER_READ
    tokens = characters / _CHARACTERS_PER_TOKEN + 2 * texts
    if settings.embedding.teacher or settings.pretraining.checkpoint != "none":
        seconds += tokens / _TOKENS_PER_SECOND_ENCODED
    if not settings.embedding.teacher:
        seconds += _pretraining_seconds(int(tokens), settings)
    if settings.clustering.n_clusters == "auto":
        highest = max(2.0, min(1.5 * texts**0.5, settings.clustering.max_clusters))
        compared = np.geomspace(2, highest, _N_COMPARED).sum()
        seconds += _SECONDS_PER_ROW_AND_CLUSTER * compared * min(texts, _ROWS_COMPARED)
    if texts >= _MIN_REFINED:
        seconds += _REFINING_SECONDS + _SECONDS_PER_REFINED_TEXT * min(texts, _MAX_REFINED)
    return float(seconds)


def _pretraining_seconds(tokens: int, settings: RunSettings) -> float:
    from textssl.pretraining.backbones import size_for
    from textssl.pretraining.pretraining import batch_tokens_for, steps_for

    how = settings.pretraining
    batch = batch_tokens_for(how, tokens)
    size = size_for(tokens) if how.size == "auto" else how.size
    step = _SECONDS_PER_STEP + batch * _SECONDS_PER_TOKEN[size]
    return steps_for(how, tokens, max(1, tokens / batch)) * step * len(named(how.objective))
