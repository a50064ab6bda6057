"""The words that corruptions act on: runs of characters without spaces, single characters in scripts without spaces."""

import re
from collections.abc import Callable
from random import Random

from textssl.language.scripts import UNSPACED

_PARTS = re.compile(f"[{UNSPACED}]|[^\\s{UNSPACED}]+|\\s+")


def split_parts(text: str) -> list[str]:
    """Return the words of a text and the white space between them, in order; joined they are the text."""
    return _PARTS.findall(text)


def change_words(text: str, rate: float, random: Random, change: Callable[[str, Random], str]) -> str:
    """Return `text` with `change` applied to each of its words with the probability `rate`."""
    hit = (
        change(part, random) if not part.isspace() and random.random() < rate else part for part in split_parts(text)
    )
    return "".join(hit)


def change_letter(word: str, random: Random, changed: Callable[[str], str]) -> str:
    """Return `word` with one of the characters replaced that `changed` maps to another string; `word` without any."""
    others = {place: other for place, letter in enumerate(word) if (other := changed(letter)) != letter}
    if not others:
        return word
    place = random.choice(sorted(others))
    return word[:place] + others[place] + word[place + 1 :]
