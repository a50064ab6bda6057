"""The rows that readers yield, and the choice of the columns of texts and labels."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from textssl.corpus.settings import CorpusSettings
from textssl.errors import DataError, UsageError, nearest
from textssl.language.texts import not_text as not_text

if TYPE_CHECKING:
    import pyarrow as pa

T = TypeVar("T")
# A block of rows ends at whichever limit is reached first: a row may be a word or a book.
_BLOCK_ROWS = 4_096
_BLOCK_CHARACTERS = 1 << 24


class Rows(NamedTuple):
    """A block of a few thousand rows as they were read.

    Attributes:
        texts: n values; None, or another value that `is_missing`, for a row without a text.
        labels: n values; None for a row without a label.
        others: all columns of the source except the texts, n rows; None if there are none.
    """

    texts: list[Any]
    labels: list[Any]
    others: "pa.RecordBatch | None" = None


class Columns(NamedTuple):
    """The names of the columns of texts and labels; None without a label column."""

    text: str
    label: str | None


class BrokenLines:
    """Handles the broken lines of a file: refuses them, or skips and counts them, depending on the settings.

    Args:
        name: name of the file in messages.
        settings: `broken` decides.
        notes: `note` adds the count here.
    """

    def __init__(self, name: str, settings: CorpusSettings, notes: list[str]) -> None:
        self.name = name
        self._skip = settings.broken == "skip"
        self._notes = notes
        self._count = 0

    def add(self, error: DataError) -> None:
        """Count a broken line, or raise `error`, which says what is wrong with it."""
        if not self._skip:
            raise DataError(f"{error}; to skip broken lines, --set corpus.broken=skip")
        self._count += 1

    def note(self) -> None:
        """Add a note with the number of skipped lines."""
        if self._count:
            self._notes.append(f"{self.name}: {self._count} broken line{'s' * (self._count > 1)} skipped")


def in_blocks(rows: Iterable[T], size: Callable[[T], int]) -> Iterator[list[T]]:
    """Yield rows in blocks of a few thousand, fewer if they are long; `size` returns the characters of a row."""
    block: list[T] = []
    characters = 0
    for row in rows:
        block.append(row)
        characters += size(row)
        if len(block) == _BLOCK_ROWS or characters > _BLOCK_CHARACTERS:
            yield block
            block, characters = [], 0
    if block:
        yield block


def choose_columns(has_text: Mapping[str, bool], settings: CorpusSettings, name: str) -> Columns:
    """Return the columns of texts and labels.

    Args:
        has_text: for each column, whether its values are texts.
        settings: the columns the user named, if any.
        name: name of the source in messages.

    Raises:
        UsageError: if a named column does not exist, or several contain texts and none is named.
        DataError: if the named column, or every column, contains no texts.
    """
    label = settings.label_column
    if label and label not in has_text:
        raise UsageError(f"{name} has no column {label!r} for labels{nearest(label, has_text)}")
    text = settings.text_column or _column_called_text(has_text) or _only_text(has_text, label, name)
    if text not in has_text:
        raise UsageError(f"{name} has no column {text!r} for texts{nearest(text, has_text)}")
    if not has_text[text]:
        raise DataError(f"column {text!r} of {name} contains no texts: name another with --set corpus.text_column=NAME")
    return Columns(text, label or None)


def refuse_columns(settings: CorpusSettings, name: str) -> None:
    """Raise UsageError if a column is named but the source has no columns."""
    for key in ("text_column", "label_column"):
        if value := getattr(settings, key):
            raise UsageError(f"corpus.{key} is {value!r}, but {name} has no columns: leave it empty")


def _column_called_text(columns: Iterable[str]) -> str | None:
    """Return the column `text`, or one that differs only in case, such as `Text`."""
    called = [column for column in columns if column.lower() == "text"]
    return "text" if "text" in called else next(iter(called), None)


def _only_text(has_text: Mapping[str, bool], label: str, name: str) -> str:
    candidates = [column for column, text in has_text.items() if text and column != label]
    # Nested fields ("doc.text" of "doc") are considered only if no top-level column contains texts.
    nested = [column for column in candidates if any(column.startswith(f"{above}.") for above in has_text)]
    candidates = [column for column in candidates if column not in nested] or nested
    if not candidates:
        raise DataError(f"{name} has no column of texts (columns: {', '.join(has_text)}): add one called 'text'")
    if len(candidates) > 1:
        listed = ", ".join(candidates)
        raise UsageError(f"{name} has several columns of texts ({listed}): name one with --set corpus.text_column=NAME")
    return candidates[0]
