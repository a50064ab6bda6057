"""Files whose texts are set apart by bars."""

from textssl.corpus.readers.registry import Reader
from textssl.corpus.records import Rows


def read(path, settings, notes):
    notes.append("read between bars")
    texts = path.read_text(encoding="utf-8").split("|")
    yield Rows(texts, [None] * len(texts))


ENTRY = Reader(read, (".bars",), has_columns=False)
