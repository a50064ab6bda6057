"""Splitting texts into paragraphs and sentences."""

import re
from collections.abc import Iterable, Iterator
from functools import cache
from itertools import islice
from typing import TYPE_CHECKING

from textssl.errors import UsageError
from textssl.language.codes import language_code

if TYPE_CHECKING:
    from spacy.language import Language

# Longer texts are split for spaCy, whose memory grows with the text and which refuses a million characters.
_MAX_CHARACTERS = 20_000
_BATCH = 500
_BLANK_LINE = re.compile(r"\n\s*\n")


def split_paragraphs(text: str) -> list[str]:
    """Return the paragraphs of a text, which are separated by blank lines."""
    return _BLANK_LINE.split(text)


def split_sentences(texts: Iterable[str], lang: str) -> Iterator[list[str]]:
    """Yield the sentences of each text, split by spaCy's rules for the language; no model is needed.

    Args:
        texts: the texts.
        lang: language code; a language without rules in spaCy is split by its multi-language rules.

    Raises:
        UsageError: if `lang` is not a language, or spaCy needs a package for it that is not installed.
    """
    nlp = _load(lang)
    texts = iter(texts)
    while batch := list(islice(texts, _BATCH)):
        pieces = [(piece, row) for row, text in enumerate(batch) for piece in _pieces(text)]
        sentences: list[list[str]] = [[] for _ in batch]
        with nlp.memory_zone():  # otherwise spaCy keeps every word in memory
            for document, row in nlp.pipe(pieces, as_tuples=True, batch_size=32):
                sentences[row] += [sentence.text for sentence in document.sents]
        yield from sentences


@cache
def _load(lang: str) -> "Language":
    import pkgutil

    import spacy
    import spacy.lang

    known = [module.name for module in pkgutil.iter_modules(spacy.lang.__path__) if module.ispkg]
    code = language_code(lang)
    try:
        nlp = spacy.blank(code if code in known else "xx")
    except ImportError as error:
        reason = " ".join(str(error).split())
        raise UsageError(f"splitting sentences of language {lang!r} needs a missing package: {reason}") from None
    nlp.add_pipe("sentencizer")
    return nlp


def _pieces(text: str) -> Iterator[str]:
    """Yield `text` in pieces of at most 20,000 characters that end with a sentence or a word if possible."""
    start = 0
    while len(text) - start > _MAX_CHARACTERS:
        stop = start + _MAX_CHARACTERS
        cuts = (text.rfind(mark, start, stop) + len(mark) for mark in (". ", "。", " ") if mark in text[start:stop])
        end = next(cuts, stop)
        yield text[start:end]
        start = end
    yield text[start:]
