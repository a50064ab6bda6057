"""Texts to words that name a topic: lower-cased, stop words dropped, inflections joined, in any script."""

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable
from itertools import pairwise
from typing import Any

from textssl.language.codes import language_code
from textssl.language.scripts import HAN, HIRAGANA, KATAKANA, SOUTH_EAST_ASIAN

# Words say what a text is about long before its end; a book in one line must not take minutes.
_CHARACTERS = 100_000

_UNSPACED = re.compile(f"([{HAN}]+|[{KATAKANA}]+|[{HIRAGANA}]+|[{SOUTH_EAST_ASIAN}]+)")


def tokenize(texts: Iterable[str], lang: str = "en") -> list[list[str]]:
    """Return the topical words of each text.

    Tokens come from spaCy's rules for `lang` (the multi-language rules where it has none). Stop words, punctuation
    and numbers are dropped. Forms of one lemma (spacy-lookups-data) are joined under the form most used in `texts`,
    lower-cased. Scripts written without spaces give overlapping pairs of characters, whatever `lang` says.
    """
    lang = language_code(lang)
    split, words_of = _tokenizer(lang), _word_finder(lang)
    known: dict[str, list[str]] = {}
    found = []
    for text in texts:
        words: list[str] = []
        for token in split(text[:_CHARACTERS].encode("utf-8", "replace").decode("utf-8")):
            if token.text not in known:
                known[token.text] = words_of(token.text)
            words += known[token.text]
        found.append(words)
    spelling = _common_spellings(found, _lemmas(lang))
    return [[spelling[word] for word in words] for words in found]


def _tokenizer(lang: str) -> Callable[[str], Any]:
    """Return spaCy's tokenizer; the multi-language one for languages it lacks or needs another package for."""
    import spacy

    if lang == "zh":  # its rules split into single characters, which pairs cannot be made of
        lang = "xx"
    try:
        return spacy.blank(lang).tokenizer
    except ImportError:
        return spacy.blank("xx").tokenizer


def _word_finder(lang: str) -> Callable[[str], list[str]]:
    """Return the function from one token to its topical words (none, one, or pairs of characters)."""
    stop_words = _stop_words(lang)

    def words_of(token: str) -> list[str]:
        runs = _UNSPACED.split(unicodedata.normalize("NFC", token.lower()))
        pieces = [piece for run in runs for piece in _pieces(run)]
        return [piece for piece in pieces if piece not in stop_words and any(map(str.isalpha, piece))]

    return words_of


def _pieces(run: str) -> list[str]:
    """Return a run of a spaced script whole, of an unspaced one as pairs of characters."""
    if not _UNSPACED.fullmatch(run):
        word = _bare(run)
        return [word] if len(word) > 1 else []  # a lone letter names nothing
    if re.fullmatch(f"[{HIRAGANA}]+", run):  # Japanese grammar, not its topics
        return []
    if re.fullmatch(f"[{KATAKANA}]+", run):  # a loan word, whole
        return [run] if len(run) > 1 else []
    return [first + second for first, second in pairwise(_units(run))]


def _bare(word: str) -> str:
    """Return `word` without the signs around it, but for those that make a name: c++, c#."""
    start, end = 0, len(word)
    while start < end and unicodedata.category(word[start])[0] in "PSZC":
        start += 1
    while end > start and unicodedata.category(word[end - 1])[0] in "PSZC" and word[end - 1] not in "+#":
        end -= 1
    return word[start:end]


def _units(run: str) -> list[str]:
    """Return the characters of `run`, each with the vowel and tone marks on it."""
    units: list[str] = []
    for character in run:
        if units and unicodedata.category(character).startswith("M"):
            units[-1] += character
        else:
            units.append(character)
    return units


def _stop_words(lang: str) -> frozenset[str]:
    from importlib import import_module

    try:
        return frozenset(import_module(f"spacy.lang.{lang}.stop_words").STOP_WORDS)
    except ImportError:
        return frozenset()


def _lemmas(lang: str) -> Any:
    from spacy.lookups import load_lookups

    tables = load_lookups(lang, ["lemma_lookup"], strict=False)
    return tables.get_table("lemma_lookup", {})


def _common_spellings(found: list[list[str]], lemmas: Any) -> dict[str, str]:
    """Map every word to the most frequent word of its lemma: "data" stays "data", though its lemma is "datum"."""
    counts = Counter(word for words in found for word in words)
    best: dict[str, str] = {}
    # German tables hold nouns with their capital.
    lemma_of = {word: lemmas.get(word, lemmas.get(word.capitalize(), word)).lower() for word in counts}
    for word in sorted(counts, key=lambda word: (-counts[word], word)):
        best.setdefault(lemma_of[word], word)
    return {word: best[lemma] for word, lemma in lemma_of.items()}
