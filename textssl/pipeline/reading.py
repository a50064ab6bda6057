"""Reading the input of a command, with its notes printed."""

from pathlib import Path

from textssl.corpus.corpus import Corpus
from textssl.corpus.reading import TextSource, read_corpus
from textssl.corpus.settings import CorpusSettings
from textssl.progress import say


def read_input(
    source: TextSource, settings: CorpusSettings | None, lang: str, cache: Path | None = None, need_texts: bool = True
) -> Corpus:
    """Call `read_corpus` with the same arguments and print the notes to standard error."""
    return with_notes_said(read_corpus(source, settings, lang, cache, need_texts))


def with_notes_said(corpus: Corpus) -> Corpus:
    """Print the notes of a corpus to standard error, and return it."""
    for note in corpus.notes:
        say(note)
    return corpus
