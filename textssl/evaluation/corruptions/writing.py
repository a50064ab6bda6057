"""Corruptions of how a word is written: case, punctuation, spaces, accents, look-alikes, misread letters."""

import re
import unicodedata
from random import Random

from textssl.evaluation.corruptions.splitting import change_letter, change_words, split_parts
from textssl.language.scripts import LOOK_ALIKES

_MARKS = ".,;:!?-"
_ACCENTS = "\u0300\u0301\u0302\u0303\u0308"
# What optical character recognition takes for each other (confusion tables of OCR post-correction).
_MISREAD = {
    "rn": "m", "m": "rn", "cl": "d", "d": "cl", "vv": "w", "w": "vv", "li": "h", "ri": "n", "e": "c", "c": "e",
    "i": "l", "l": "1", "1": "l", "o": "0", "0": "o", "s": "5", "5": "s", "b": "6", "g": "9", "z": "2", "u": "v",
    "O": "0", "I": "l", "S": "5", "B": "8", "Z": "2", "G": "6", "а": "о", "н": "и", "и": "н", "п": "л",
}  # fmt: skip
_MISREADABLE = re.compile("|".join(sorted(_MISREAD, key=len, reverse=True)))


def case(text: str, rate: float, random: Random) -> str:
    """Write capitals as small letters and small letters as capitals."""
    return change_words(text, rate, random, lambda word, _: word.swapcase())


def punctuation(text: str, rate: float, random: Random) -> str:
    """Leave out the punctuation of a word; a word without any is followed by a mark."""

    def changed(word: str, random: Random) -> str:
        bare = "".join(letter for letter in word if unicodedata.category(letter)[0] != "P")
        return word + random.choice(_MARKS) if bare == word else bare

    return change_words(text, rate, random, changed)


def spaces(text: str, rate: float, random: Random) -> str:
    """Leave out the space after a word, or put one inside it, equally often."""
    parts = split_parts(text)
    for place, part in enumerate(parts):
        if not part.strip() or random.random() >= rate:
            continue
        if random.random() < 0.5:
            if parts[place + 1 : place + 2] and parts[place + 1].isspace():
                parts[place + 1] = ""
        elif len(part) > 1:
            cut = random.randrange(1, len(part))
            parts[place] = f"{part[:cut]} {part[cut:]}"
    return "".join(parts)


def ocr(text: str, rate: float, random: Random) -> str:
    """Replace one or two letters by what a scanner takes them for, as m by rn and o by 0."""

    def misread(word: str, random: Random) -> str:
        found = list(_MISREADABLE.finditer(word))
        if not found:
            return word
        at = random.choice(found)
        return word[: at.start()] + _MISREAD[at[0]] + word[at.end() :]

    return change_words(text, rate, random, misread)


def accents(text: str, rate: float, random: Random) -> str:
    """Take the accent off a letter, or put one on a letter without."""

    def accented(letter: str) -> str:
        bare = unicodedata.normalize("NFD", letter)[:1]
        if bare != letter:
            return bare
        composed = unicodedata.normalize("NFC", letter + random.choice(_ACCENTS))
        return composed if len(composed) == 1 else letter

    return change_words(text, rate, random, lambda word, random: change_letter(word, random, accented))


def look_alikes(text: str, rate: float, random: Random) -> str:
    """Replace a letter by one of another alphabet that looks the same."""

    def replaced(word: str, random: Random) -> str:
        return change_letter(word, random, lambda letter: LOOK_ALIKES.get(letter, letter))

    return change_words(text, rate, random, replaced)
