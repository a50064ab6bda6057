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
    corpus = read_corpus(source, settings, lang, cache, need_texts)
    for note in corpus.notes:
        say(note)
    return corpus
