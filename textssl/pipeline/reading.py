"""Read the input of a command and report what was found."""

from pathlib import Path
from typing import Any

from textssl.corpus.corpus import Corpus
from textssl.corpus.reading import read_corpus
from textssl.corpus.settings import CorpusSettings
from textssl.progress import say


def read_input(
    source: Any, settings: CorpusSettings | None, lang: str, cache: Path | None = None, need_texts: bool = True
) -> Corpus:
    """Call `read_corpus` and print its notes to standard error."""
    corpus = read_corpus(source, settings, lang, cache, need_texts)
    for note in corpus.notes:
        say(note)
    return corpus
