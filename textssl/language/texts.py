"""What is accepted as texts, and what counts as a missing text."""

from collections.abc import Iterable, Iterator, Mapping, Sequence, Set

import numpy as np

from textssl.errors import DataError, UsageError


class CheckedTexts(Sequence[str]):
    """A sequence known to hold only str, possibly on disk; `as_texts` returns it unchanged."""

    def at(self, rows: np.ndarray) -> list[str]:
        """Return the texts with the numbers `rows` (n,), read at once."""
        raise NotImplementedError


def texts_at(texts: Sequence[str], rows: np.ndarray) -> list[str]:
    """Return the texts with the numbers `rows` (n,)."""
    return texts.at(rows) if isinstance(texts, CheckedTexts) else [texts[int(row)] for row in rows]


def as_texts(value: object, what: str = "texts") -> Sequence[str]:
    """Return a collection of texts as a sequence of str; missing texts become ``""``.

    Args:
        value: a list or another iterable of str, which is read to its end: a NumPy array, a pandas Series or Index, a
            pyarrow Array, a column of a `datasets.Dataset`, a generator, the texts of a corpus.
        what: its name in messages. Default "texts".

    Raises:
        UsageError: for a single text.
        DataError: if it is not a collection, or an item is not a text.
    """
    return value if isinstance(value, CheckedTexts) else list(iterate_texts(value, what))


def iterate_texts(value: object, what: str = "texts") -> Iterator[str]:
    """Iterate over the texts that `as_texts` returns, with the same parameters and errors."""
    read = getattr(value, "to_pylist", None) or getattr(value, "tolist", None)  # pyarrow; NumPy and pandas
    items = read() if read else value
    kind = type(value).__name__
    if isinstance(items, str | bytes):
        raise UsageError(f"{what}: expected a list of str, got a single {kind}: put it into a list")
    # Iterating over a mapping or a data frame yields the names of its columns, and a set has no order.
    if not isinstance(items, Iterable) or isinstance(items, Mapping | Set) or hasattr(items, "columns"):
        raise DataError(f"{what}: expected a list of str, or one column of a table, got type {kind}")
    return (_text(item, index, what) for index, item in enumerate(items))


def is_missing(value: object) -> bool:
    """Return whether `value` is a missing text or label: None, NaN, NaT, pandas.NA or blank text."""
    if isinstance(value, str):
        return not value.strip()
    if value is None or type(value).__name__ == "NAType":  # comparing pandas.NA raises
        return True
    return not isinstance(value, Iterable) and bool(value != value)  # NaN and NaT


def not_text(value: object, where: str) -> DataError:
    """Return the error for a value that is not a text; `where` says where it was found."""
    return DataError(f"{where} is of type {type(value).__name__}, expected text: {str(value)[:40]!r}")


def _text(item: object, index: int, what: str) -> str:
    if isinstance(item, str):
        return item
    if is_missing(item):
        return ""
    raise not_text(item, f"item {index} of {what}")
