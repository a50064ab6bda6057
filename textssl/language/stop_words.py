"""Stop words: the words of a language that say nothing about the topic of a text."""

from functools import cache
from importlib import import_module

from textssl.language.codes import language_code


@cache
def stop_words(lang: str) -> frozenset[str]:
    """Return spaCy's stop words of a language; none if spaCy has no list for it.

    Args:
        lang: a code, locale or name; see `language_code`.
    """
    try:
        return frozenset(import_module(f"spacy.lang.{language_code(lang)}.stop_words").STOP_WORDS)
    except ImportError:
        return frozenset()
