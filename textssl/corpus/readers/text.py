"""Reader of plain text: one text per line or paragraph, or one per file."""

from collections.abc import Iterator
from itertools import chain, groupby, islice
from pathlib import Path

from textssl.corpus.files import open_text
from textssl.corpus.records import Rows, in_blocks, refuse_columns
from textssl.corpus.settings import CorpusSettings

# Lines inspected to see whether they are rows of a table.
_HEAD = 100


def read_lines(path: Path, settings: CorpusSettings, notes: list[str]) -> Iterator[Rows]:
    """Yield the lines of a text file, including blank ones, or its paragraphs if the unit is smaller than a row."""
    refuse_columns(settings, str(path))
    with open_text(path, settings.encoding, notes) as stream:
        head = list(islice(stream, _HEAD))
        tabs = {line.count("\t") for line in head if not line.isspace()}
        if len(head) > 1 and len(tabs) == 1 and tabs != {0}:
            notes.append(f"{path}: each line is one text, including its tabs; if it is a table, rename it to .tsv")
        lines = chain(head, stream)
        for texts in in_blocks(lines if settings.unit == "row" else _paragraphs(lines), len):
            yield Rows(texts, [None] * len(texts))


def read_document(path: Path, settings: CorpusSettings, notes: list[str]) -> Iterator[Rows]:
    """Yield the whole file as one row."""
    with open_text(path, settings.encoding, notes) as stream:
        yield Rows([stream.read()], [None])


def _paragraphs(lines: Iterator[str]) -> Iterator[str]:
    for blank, group in groupby(lines, key=str.isspace):
        if not blank:
            yield "".join(group)
