"""What a run will take, told before it begins, and from how many texts it learns under the ceiling of memory."""

from dataclasses import dataclass

from textssl.errors import DataError
from textssl.memory import ceiling, gigabytes
from textssl.pretraining.backbones import size_for
from textssl.run_settings import RunSettings

# Bytes, measured on titles and on abstracts.
_FIXED = 900_000_000  # libraries, a small model and a batch of it
_A_TEXT = 300  # what is remembered of each while reading, and of its group
_A_CHARACTER = 15  # tokens and their company, while vectors are learned
_FEWEST = 1_000  # texts that a model can learn from

# Seconds, measured on two cores of a server of 2023.
_START, _LONGEST_TUNING = 20, 50
_SECONDS_A_TEXT, _SECONDS_A_CHARACTER = 5e-5, 2e-6
_CHARACTERS_A_TOKEN = 4.5
_TOKENS_A_SECOND = {"tiny": 30_000, "small": 8_000, "medium": 1_400, "base": 450}  # learned; from medium on by FLOP
_ENCODED_A_SECOND = 3_000  # tokens, by a transformer


@dataclass(frozen=True)
class Estimate:
    """A guess, within a factor of two or three.

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
    seconds = _START + texts * _SECONDS_A_TEXT + characters * _SECONDS_A_CHARACTER
    seconds += min(_LONGEST_TUNING, texts * 5e-4)
    tokens = characters / _CHARACTERS_A_TOKEN
    if settings.embedding.encoder or settings.pretraining.start != "none":
        seconds += tokens / _ENCODED_A_SECOND
    if not settings.embedding.encoder:
        how = settings.pretraining
        size = size_for(int(tokens)) if how.size == "auto" else how.size
        learned = max(tokens, min(20 * tokens, 800_000)) if how.tokens == "auto" else int(how.tokens)
        seconds += learned / _TOKENS_A_SECOND[size]
    return seconds
