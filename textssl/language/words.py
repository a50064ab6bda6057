"""From texts to words that name a topic: lower-cased, stop words dropped, inflections joined, in any script."""

import re
import sys
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Literal

from textssl.language.codes import language_code
from textssl.language.scripts import HAN, HIRAGANA, KATAKANA, SOUTH_EAST_ASIAN
from textssl.language.unspaced import cut_words, discover_words

# The topic of a text shows long before its end; a book on one line must not take minutes.
_CHARACTERS = 100_000
_BEGINNING = 40  # characters of a token that is shown as it is written

_RUNS = re.compile(f"([{HAN}]+|[{KATAKANA}]+|[{HIRAGANA}]+|[{SOUTH_EAST_ASIAN}]+)")
_TO_CUT = re.compile(f"[{HAN}{SOUTH_EAST_ASIAN}]+")
_HIRAGANA, _KATAKANA = re.compile(f"[{HIRAGANA}]+"), re.compile(f"[{KATAKANA}]+")


def tokenize(
    texts: Iterable[str], lang: str = "en", keep: Literal["topics", "words", "all"] = "topics"
) -> list[list[str]]:
    """Return the words of each text, lower-cased.

    Tokens come from spaCy's rules for `lang` (the multi-language rules where it has none). Forms of one lemma
    (spacy-lookups-data) are joined under the form most used in `texts`. Scripts written without spaces are cut into
    the words that `texts` repeat, whatever `lang` says.

    Args:
        texts: the texts; of a long one, the first 100,000 characters.
        lang: language of the texts.
        keep: "topics" leaves out stop words and signs, "words" signs; "all" gives the tokens as they are written, of
            long ones the beginning.
    """
    lang = language_code(lang)
    split = _tokenizer(lang)
    # Interned: a word that occurs a million times takes its memory once.
    found = [[sys.intern(token.text) for token in split(_readable(text)) if not token.is_space] for text in texts]
    if keep == "all":
        return [[token[:_BEGINNING] for token in tokens] for tokens in found]
    words = _words_of(Counter(token for tokens in found for token in tokens))
    if keep == "topics":
        stop_words = _stop_words(lang)
        words = {
            token: [] if token.lower() in stop_words else [word for word in made if word not in stop_words]
            for token, made in words.items()
        }
    found = [[word for token in tokens for word in words[token]] for tokens in found]
    spelling = _common_spellings(found, _lemmas(lang))
    return [[spelling[word] for word in words] for words in found]


def _readable(text: str) -> str:
    """Return the part of `text` that is read; a lone surrogate, which spaCy refuses, becomes a question mark."""
    return text[:_CHARACTERS].encode("utf-8", "replace").decode("utf-8")


def _tokenizer(lang: str) -> Callable[[str], Any]:
    """Return spaCy's tokenizer; the multi-language one for languages it lacks or needs another package for."""
    import spacy

    if lang == "zh":  # its rules split into single characters, of which no words can be made
        lang = "xx"
    try:
        return spacy.blank(lang).tokenizer
    except ImportError:
        return spacy.blank("xx").tokenizer


def _words_of(tokens: Mapping[str, int]) -> dict[str, list[str]]:
    """Return the words of each token: none, one, or those of a stretch without spaces.

    Args:
        tokens: how often each occurs.
    """
    runs = {token: _RUNS.split(unicodedata.normalize("NFC", token.lower())) for token in tokens}
    unspaced: Counter[str] = Counter()
    for token, parts in runs.items():
        unspaced.update({run: tokens[token] for run in parts if _TO_CUT.fullmatch(run)})
    discovered = discover_words(unspaced)
    return {token: [word for run in parts for word in _words(run, discovered)] for token, parts in runs.items()}


def _words(run: str, discovered: Mapping[str, float]) -> list[str]:
    """Return the words of a run of one script; a spaced one is a word."""
    if _TO_CUT.fullmatch(run):
        return cut_words(run, discovered)
    if _HIRAGANA.fullmatch(run):  # Japanese grammar, not its topics
        return []
    if _KATAKANA.fullmatch(run):  # a loan word, whole
        return [run] if len(run) > 1 else []
    word = _bare(run)
    return [word] if any(map(str.isalnum, word)) else []


def _bare(word: str) -> str:
    """Return `word` without the signs around it, but for those that make a name: c++, c#."""
    start, end = 0, len(word)
    while start < end and unicodedata.category(word[start])[0] in "PSZC":
        start += 1
    while end > start and unicodedata.category(word[end - 1])[0] in "PSZC" and word[end - 1] not in "+#":
        end -= 1
    return word[start:end]


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
