"""Progress on standard error: bars with rate and remaining time, and lines."""

import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from tqdm import tqdm

T = TypeVar("T")

_shown = True


def show_progress(shown: bool) -> None:
    """Turn progress bars and lines on (the default) or off.

    Args:
        shown: whether to show them; bars are drawn only on a terminal.
    """
    global _shown
    _shown = shown


def bar(
    items: Iterable[T] | None = None, label: str = "", total: int | None = None, initial: int = 0, unit: str = "it"
) -> "tqdm[T]":
    """Return a tqdm bar, drawn only on a terminal.

    Args:
        items: what to iterate over; None for a bar that is updated by hand.
        label: text before the bar.
        total: number of items, if `items` has no length.
        initial: items already done.
        unit: what an item is called.
    """
    hidden = not _shown or not sys.stderr.isatty()
    return tqdm(items, desc=label, total=total, initial=initial, unit=unit, mininterval=0.2, disable=hidden)


def say(line: str) -> None:
    """Print a line to standard error, unless progress is turned off."""
    if _shown:
        print(line, file=sys.stderr)


@contextmanager
def without_library_bars() -> Iterator[None]:
    """Hide the bars that transformers draws when it loads or saves a model, on a terminal or not."""
    from transformers.utils import logging

    shown = logging.is_progress_bar_enabled()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        if shown:
            logging.enable_progress_bar()


@contextmanager
def without_library_warnings() -> Iterator[None]:
    """Hide the warnings of transformers, such as those of weights that a model does not use."""
    from transformers.utils import logging

    verbosity = logging.get_verbosity()
    logging.set_verbosity_error()
    try:
        yield
    finally:
        logging.set_verbosity(verbosity)
