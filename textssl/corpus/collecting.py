"""From records to a corpus: cleaning, de-duplication, and the Arrow file."""

from collections.abc import Iterable, Iterator
from hashlib import blake2b
from itertools import tee
from pathlib import Path

import pyarrow as pa

from textssl.corpus.cleaning import clean
from textssl.corpus.corpus import SCHEMA, Corpus
from textssl.corpus.records import Record, not_text
from textssl.corpus.segmentation import split_paragraphs, split_sentences
from textssl.corpus.settings import CorpusSettings
from textssl.errors import DataError
from textssl.run_folder import write_whole

# A batch ends at whichever comes first: rows may be words or books.
_BATCH_ROWS = 10_000
_BATCH_CHARACTERS = 1 << 24

Row = tuple[str, str | None]


def collect(records: Iterable[Record], settings: CorpusSettings, lang: str, name: str) -> Corpus:
    """Return a corpus in memory, made from records as they were read.

    Raises:
        DataError: if a record is no text, or no record has a text.
    """
    ledger = _Ledger()
    batches = list(_batches(_units(_checked(records, name), settings.unit, lang), ledger))
    ledger.check(name)
    return Corpus(pa.Table.from_batches(batches, SCHEMA), name, ledger.fingerprint)


def write(records: Iterable[Record], settings: CorpusSettings, lang: str, name: str, path: Path) -> None:
    """Write the corpus that `collect` would return to the Arrow file `path`, a batch in memory at a time."""
    ledger = _Ledger()

    def fill(part: Path) -> None:
        with pa.ipc.new_file(part, SCHEMA) as file:
            for batch in _batches(_units(_checked(records, name), settings.unit, lang), ledger):
                file.write_batch(batch)
            ledger.check(name)
            # What is known only at the end rides on a last batch without rows.
            about = {"name": name, "fingerprint": ledger.fingerprint}
            file.write_batch(_batch([], [], []), custom_metadata=about)

    write_whole(path, fill)


def load(path: Path) -> Corpus:
    """Return the corpus that `write` wrote, memory-mapped.

    Raises:
        DataError: if there is none, or it is damaged.
    """
    try:
        file = pa.ipc.open_file(pa.memory_map(str(path)))
        _, about = file.get_batch_with_custom_metadata(file.num_record_batches - 1)
        return Corpus(file.read_all(), about[b"name"].decode(), about[b"fingerprint"].decode())
    except FileNotFoundError:
        raise DataError(f"there is no corpus at {path}: give the command that makes it again") from None
    except (pa.ArrowException, OSError, KeyError, TypeError):
        raise DataError(f"{path} is damaged: delete it and give the same command again") from None


def _checked(records: Iterable[Record], name: str) -> Iterator[tuple[str, str | None]]:
    """Yield text and label of each record as strings; raise DataError for a text that is none."""
    for row, (text, label) in enumerate(records):
        if text is not None and not isinstance(text, str):
            raise not_text(text, f"row {row} of {name}")
        yield text or "", (None if label is None else clean(str(label)) or None)


def _units(rows: Iterator[Row], unit: str, lang: str) -> Iterator[Row]:
    """Yield the cleaned texts of each row that the unit asks for, with the label of their row."""
    if unit == "row":
        yield from ((clean(text), label) for text, label in rows)
        return
    parts = ((clean(part), label) for text, label in rows for part in split_paragraphs(text))
    paragraphs = ((text, label) for text, label in parts if text)
    if unit == "paragraph":
        yield from paragraphs
        return
    wholes, texts = tee(paragraphs)
    for (_, label), sentences in zip(wholes, split_sentences((text for text, _ in texts), lang), strict=True):
        yield from ((sentence.strip(), label) for sentence in sentences if sentence.strip())


def _batches(rows: Iterable[Row], ledger: "_Ledger") -> Iterator[pa.RecordBatch]:
    texts: list[str] = []
    labels: list[str | None] = []
    firsts: list[int] = []
    characters = 0
    for text, label in rows:
        texts.append(text)
        labels.append(label)
        firsts.append(ledger.enter(text, label))
        characters += len(text)
        if len(texts) == _BATCH_ROWS or characters > _BATCH_CHARACTERS:
            yield _batch(texts, labels, firsts)
            texts, labels, firsts, characters = [], [], [], 0
    if texts:
        yield _batch(texts, labels, firsts)


def _batch(texts: list[str], labels: list[str | None], firsts: list[int]) -> pa.RecordBatch:
    return pa.RecordBatch.from_pydict({"text": texts, "label": labels, "first": firsts}, SCHEMA)


class _Ledger:
    """What must be remembered of the rows so far: which texts were seen where, and the hash of all."""

    def __init__(self) -> None:
        self.rows = 0
        self._first: dict[bytes, int] = {}
        self._hash = blake2b(digest_size=16)

    def enter(self, text: str, label: str | None) -> int:
        """Enter the next row and return the first row with the same text, -1 for a blank one."""
        digest = blake2b(text.encode(), digest_size=16).digest()
        self._hash.update(digest + (b"\0" if label is None else blake2b(label.encode(), digest_size=16).digest()))
        first = self._first.setdefault(digest, self.rows) if text else -1
        self.rows += 1
        return first

    @property
    def fingerprint(self) -> str:
        """Hash of all texts and labels in their order."""
        return self._hash.hexdigest()

    def check(self, name: str) -> None:
        """Raise DataError if no row has a text."""
        if not self.rows:
            raise DataError(f"{name} holds no texts: expected at least one row")
        if not self._first:
            raise DataError(f"{name} holds only blank rows ({self.rows}): expected texts")
