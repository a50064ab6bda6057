"""The rows every reader yields, and which columns of a source they come from."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from textssl.corpus.settings import CorpusSettings
from textssl.errors import DataError, UsageError, nearest
from textssl.language.texts import not_text as not_text

if TYPE_CHECKING:
    import pyarrow as pa

T = TypeVar("T")
# A block of rows ends at whichever comes first: rows may be words or books.
_BLOCK_ROWS = 4_096
_BLOCK_CHARACTERS = 1 << 24


class Rows(NamedTuple):
    """A few thousand rows of a source as they were read.

    Attributes:
        texts: n values, None (or another value that `is_missing`) where a row has no text.
        labels: n values, None where a row has no label.
        others: all columns of the source but that of the texts, n rows; None where there are none.
    """

    texts: list[Any]
    labels: list[Any]
    others: "pa.RecordBatch | None" = None


class Columns(NamedTuple):
    """The columns that hold the texts and the labels; no label column is None."""

    text: str
    label: str | None


class BrokenLines:
    """The broken lines of a file, which are refused, or left out and counted, as the settings say."""

    def __init__(self, name: str, settings: CorpusSettings, notes: list[str]) -> None:
        self.name = name
        self._skip = settings.broken == "skip"
        self._notes = notes
        self._count = 0

    def add(self, error: DataError) -> None:
        """Count a broken line, or raise the error that says what is wrong with it."""
        if not self._skip:
            raise DataError(f"{error}; to leave broken lines out, --set corpus.broken=skip")
        self._count += 1

    def note(self) -> None:
        """Say how many there were."""
        if self._count:
            self._notes.append(f"{self.name}: {self._count} broken line{'s' * (self._count > 1)} skipped")


def in_blocks(rows: Iterable[T], size: Callable[[T], int]) -> Iterator[list[T]]:
    """Yield rows a block at a time: some thousand, fewer where they are long; `size` counts the characters of one."""
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


def choose_columns(holds_text: Mapping[str, bool], settings: CorpusSettings, name: str) -> Columns:
    """Return the columns to read of a source.

    Args:
        holds_text: for each column, whether its values are texts.
        settings: the columns the user named, if any.
        name: what to call the source in messages.

    Raises:
        UsageError: if a named column does not exist, or several hold texts and none is named.
        DataError: if the column, or every column, holds no texts.
    """
    label = settings.label_column
    if label and label not in holds_text:
        raise UsageError(f"{name} has no column {label!r} for labels{nearest(label, holds_text)}")
    text = settings.text_column or _column_called_text(holds_text) or _only_text(holds_text, label, name)
    if text not in holds_text:
        raise UsageError(f"{name} has no column {text!r} for texts{nearest(text, holds_text)}")
    if not holds_text[text]:
        raise DataError(f"column {text!r} of {name} holds no texts: name another with --set corpus.text_column=NAME")
    return Columns(text, label or None)


def refuse_columns(settings: CorpusSettings, name: str) -> None:
    """Raise UsageError if columns are named for a source that has none."""
    for key in ("text_column", "label_column"):
        if value := getattr(settings, key):
            raise UsageError(f"corpus.{key} is {value!r}, but {name} has no columns: leave it empty")


def _column_called_text(columns: Iterable[str]) -> str | None:
    """Return the column `text`, or one that differs only in case, such as `Text`."""
    called = [column for column in columns if column.lower() == "text"]
    return "text" if "text" in called else next(iter(called), None)


def _only_text(holds_text: Mapping[str, bool], label: str, name: str) -> str:
    candidates = [column for column, text in holds_text.items() if text and column != label]
    # Nested fields ("doc.text" of "doc") are considered only if no column as a whole holds texts.
    nested = [column for column in candidates if any(column.startswith(f"{above}.") for above in holds_text)]
    candidates = [column for column in candidates if column not in nested] or nested
    if not candidates:
        raise DataError(f"{name} has no column of texts (columns: {', '.join(holds_text)}): add one called 'text'")
    if len(candidates) > 1:
        listed = ", ".join(candidates)
        raise UsageError(f"{name} has several columns of texts ({listed}): name one with --set corpus.text_column=NAME")
    return candidates[0]
