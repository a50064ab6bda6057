"""What counts as texts, for every public function: one idea of it, and of a text that is missing."""

from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from typing import Any

from textssl.errors import DataError, UsageError


class CheckedTexts(Sequence[str]):
    """A sequence known to hold nothing but text; `as_texts` returns it as it is, so it may stay on disk."""


def as_texts(value: Any, what: str = "texts") -> Sequence[str]:
    """Return a collection of texts as a sequence of str; a missing text becomes ``""``.

    Args:
        value: a list or another iterable of str, read to its end: a NumPy array, a pandas Series or Index, a pyarrow
            Array, a column of a `datasets.Dataset`, a generator, the texts of a corpus.
        what: what to call it in messages.

    Raises:
        UsageError: for one text that stands alone.
        DataError: for what is no collection of texts, or has an item that is no text.
    """
    return value if isinstance(value, CheckedTexts) else list(iterate_texts(value, what))


def iterate_texts(value: Any, what: str = "texts") -> Iterator[str]:
    """Yield what `as_texts` returns; what is wrong with the collection as a whole is raised at the call."""
    read = getattr(value, "to_pylist", None) or getattr(value, "tolist", None)  # of Arrow; of NumPy and pandas
    items = read() if read else value
    if isinstance(items, str | bytes):
        raise UsageError(f"{what}: got a single {type(value).__name__}, expected several texts: put it into a list")
    # A mapping or a table gives the names of its columns when it is iterated, a set no order.
    if not isinstance(items, Iterable) or isinstance(items, Mapping | Set) or hasattr(items, "columns"):
        raise DataError(f"{what}: got a {type(value).__name__}, expected a list of str, or one column of a table")
    return (_text(item, f"item {index} of {what}") for index, item in enumerate(items))


def is_missing(value: Any) -> bool:
    """Tell whether a value stands for no text, or no label: None, NaN, NaT, pandas.NA, or a blank text."""
    if isinstance(value, str):
        return not value.strip()
    if value is None or type(value).__name__ == "NAType":  # pandas.NA, which cannot be compared
        return True
    return bool(value != value) if not isinstance(value, Iterable) else False  # only NaN and NaT differ from themselves


def not_text(value: Any, where: str) -> DataError:
    """Return the error for a value that should have been a text."""
    return DataError(f"{where} is of type {type(value).__name__}, expected text: {str(value)[:40]!r}")


def _text(item: Any, where: str) -> str:
    if isinstance(item, str):
        return item
    if is_missing(item):
        return ""
    raise not_text(item, where)
