"""Readers of plain text: a file of lines or paragraphs, a folder of documents."""

from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

from textssl.corpus.files import open_text
from textssl.corpus.records import Record, refuse_columns
from textssl.corpus.settings import CorpusSettings
from textssl.errors import DataError

TEXT_FILES = (".txt", ".txt.gz")


def read_lines(path: Path, settings: CorpusSettings) -> Iterator[Record]:
    """Yield the lines of a text file, blank ones too, or its paragraphs where the unit is smaller than a file."""
    refuse_columns(settings, str(path))
    with open_text(path, settings.encoding) as lines:
        if settings.unit == "row":
            yield from (Record(line) for line in lines)
        else:
            yield from _paragraphs(lines)


def read_documents(folder: Path, settings: CorpusSettings) -> Iterator[Record]:
    """Yield every text file below a folder, in the order of their paths: whole, or its paragraphs."""
    refuse_columns(settings, str(folder))
    paths = sorted(path for path in folder.rglob("*") if path.name.endswith(TEXT_FILES) and path.is_file())
    if not paths:
        raise DataError(
            f"the folder {folder} holds no text files: expected files that end in {' or '.join(TEXT_FILES)}"
        )
    for path in paths:
        if settings.unit == "row":
            with open_text(path, settings.encoding) as document:
                yield Record(document.read())
        else:
            yield from read_lines(path, settings)


def _paragraphs(lines: Iterator[str]) -> Iterator[Record]:
    for blank, group in groupby(lines, key=str.isspace):
        if not blank:
            yield Record("".join(group))
