"""Words that name a topic: lower-cased, without stop words, inflections joined, in any script."""

import re
import sys
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Literal

from textssl.language.codes import language_code
from textssl.language.lemmas import lemma_of, lemma_table
from textssl.language.scripts import HAN, HIRAGANA, KATAKANA, SOUTH_EAST_ASIAN
from textssl.language.stop_words import stop_words
from textssl.language.unspaced import cut_words, discover_words

if TYPE_CHECKING:
    from spacy.tokens import Doc

# The topic of a text shows long before its end; a book on one line must not take minutes.
_CHARACTERS = 100_000
_TOKEN_CHARACTERS = 40  # kept of a token that is shown as it is written

_RUNS = re.compile(f"([{HAN}]+|[{KATAKANA}]+|[{HIRAGANA}]+|[{SOUTH_EAST_ASIAN}]+)")
_TO_CUT = re.compile(f"[{HAN}{SOUTH_EAST_ASIAN}]+")
_HIRAGANA, _KATAKANA = re.compile(f"[{HIRAGANA}]+"), re.compile(f"[{KATAKANA}]+")


def split_words(
    texts: Iterable[str], lang: str = "en", keep: Literal["topics", "words", "all"] = "topics"
) -> list[list[str]]:
    """Return the words of each text, lower-cased.

    Texts are split by spaCy's rules for `lang`, or its multi-language rules where it has none. Inflections of one
    lemma (spacy-lookups-data) are replaced by the one used most in `texts`. Scripts written without spaces are cut
    into the words that `texts` repeat, whatever `lang` is.

    Args:
        texts: the texts; only the first 100,000 characters of each are read.
        lang: language of the texts; see `language_code`. Default "en".
        keep: "topics" drops stop words and punctuation, "words" drops punctuation, "all" returns the tokens as they
            are written, each cut after 40 characters. Default "topics".

    Raises:
        UsageError: if the language is unknown.
    """
    lang = language_code(lang)
    split = _splitter(lang)
    # Interned: a word that occurs a million times is stored once.
    found = [[sys.intern(token.text) for token in split(_readable(text)) if not token.is_space] for text in texts]
    if keep == "all":
        return [[token[:_TOKEN_CHARACTERS] for token in tokens] for tokens in found]
    words = _words_of(Counter(token for tokens in found for token in tokens))
    if keep == "topics":
        stops = stop_words(lang)
        words = {
            token: [] if token.lower() in stops else [word for word in parts if word not in stops]
            for token, parts in words.items()
        }
    found = [[word for token in tokens for word in words[token]] for tokens in found]
    common = _most_common_forms(found, lemma_table(lang))
    return [[common[word] for word in words] for words in found]


def _readable(text: str) -> str:
    """Return the part of `text` that is read; a lone surrogate, which spaCy rejects, becomes a question mark."""
    return text[:_CHARACTERS].encode("utf-8", "replace").decode("utf-8")


def _splitter(lang: str) -> "Callable[[str], Doc]":
    """Return spaCy's tokenizer; the multi-language one for languages that it lacks or needs another package for."""
    import spacy

    if lang == "zh":  # its rules split into single characters, which cannot be joined to words again
        lang = "xx"
    try:
        return spacy.blank(lang).tokenizer
    except ImportError:
        return spacy.blank("xx").tokenizer


def _words_of(counts: Mapping[str, int]) -> dict[str, list[str]]:
    """Return the words in each token: none, one, or several where its script has no spaces; `counts` of each token."""
    runs = {token: _RUNS.split(unicodedata.normalize("NFC", token.lower())) for token in counts}
    unspaced: Counter[str] = Counter()
    for token, parts in runs.items():
        unspaced.update({run: counts[token] for run in parts if _TO_CUT.fullmatch(run)})
    discovered = discover_words(unspaced)
    return {token: [word for run in parts for word in _words(run, discovered)] for token, parts in runs.items()}


def _words(run: str, discovered: Mapping[str, float]) -> list[str]:
    """Return the words of a run of one script; if the script has spaces, the run is a word."""
    if _TO_CUT.fullmatch(run):
        return cut_words(run, discovered)
    if _HIRAGANA.fullmatch(run):  # Japanese grammar, not topics
        return []
    if _KATAKANA.fullmatch(run):  # a whole loan word
        return [run] if len(run) > 1 else []
    word = _bare(run)
    return [word] if any(map(str.isalnum, word)) else []


def _bare(word: str) -> str:
    """Return `word` without surrounding punctuation and symbols, except those of a name: c++, c#."""
    start, end = 0, len(word)
    while start < end and unicodedata.category(word[start])[0] in "PSZC":
        start += 1
    while end > start and unicodedata.category(word[end - 1])[0] in "PSZC" and word[end - 1] not in "+#":
        end -= 1
    return word[start:end]


def _most_common_forms(found: list[list[str]], lemmas: Mapping[str, str]) -> dict[str, str]:
    """Map every word to the most frequent word of its lemma: "data" stays "data", though its lemma is "datum"."""
    counts = Counter(word for words in found for word in words)
    best: dict[str, str] = {}
    lemma = {word: lemma_of(word, lemmas) or word.lower() for word in counts}
    for word in sorted(counts, key=lambda word: (-counts[word], word)):
        best.setdefault(lemma[word], word)
    return {word: best[lemma[word]] for word in counts}
