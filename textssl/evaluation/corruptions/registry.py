"""The corruptions by name, and `corrupt`, which applies one to texts."""

from collections.abc import Callable, Sequence
from random import Random

from textssl.errors import UsageError, lookup
from textssl.evaluation.corruptions.letters import double, drop, keyboard, swap
from textssl.evaluation.corruptions.words import drop_words, shuffle_words, truncate
from textssl.evaluation.corruptions.writing import accents, case, look_alikes, ocr, punctuation, spaces
from textssl.language.texts import as_texts

# Each returns a text of which about a share `rate` of the words is corrupted.
CORRUPTIONS: dict[str, Callable[[str, float, Random], str]] = {
    "keyboard": keyboard,
    "swap": swap,
    "drop": drop,
    "double": double,
    "case": case,
    "punctuation": punctuation,
    "spaces": spaces,
    "ocr": ocr,
    "accents": accents,
    "look_alikes": look_alikes,
    "drop_words": drop_words,
    "shuffle_words": shuffle_words,
    "truncate": truncate,
}


def corrupt(texts: Sequence[str], corruption: str, rate: float, seed: int = 0) -> list[str]:
    """Return corrupted copies of texts; the same call returns the same texts.

    Args:
        texts: a list or other collection of str, in any script. In scripts without spaces, every character counts as a
            word.
        corruption: "keyboard" (a letter of a neighbouring key), "swap" (two neighbouring letters), "drop" (a letter),
            "double" (a letter), "case", "punctuation", "spaces" (between or within words), "ocr", "accents",
            "look_alikes" (letters of another alphabet), "drop_words", "shuffle_words" or "truncate" (the end of the
            text). A word without a letter to which a corruption applies stays as it is.
        rate: the probability that a word is corrupted, with one error, in (0, 1]; of "truncate", the share of the words
            that is cut off.
        seed: of the choice of words and letters. Default 0.

    Raises:
        UsageError: if there is no such corruption, or `rate` is out of range.
    """
    change = lookup(CORRUPTIONS, corruption, "corruption")
    check_rate(rate)
    random = Random(seed)
    return [change(text, rate, random) for text in as_texts(texts)]


def check_rate(rate: float) -> None:
    """Raise UsageError unless `rate` is in (0, 1]."""
    if not 0 < rate <= 1:
        raise UsageError(f"the rate of a corruption is a share of the words in (0, 1], got {rate}: 0.1 is one in ten")
