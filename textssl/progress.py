"""Progress of long work on standard error: bars with the share done, rate and time left, and lines."""

import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from tqdm import tqdm

_shown = True


def show_progress(shown: bool) -> None:
    """Turn bars and lines of progress on or off. They are on by default, and bars are drawn on a terminal only."""
    global _shown
    _shown = shown


def bar(items: Iterable[Any] | None = None, label: str = "", total: int | None = None, **options: Any) -> tqdm:
    """Return a tqdm bar over `items`; it is drawn on a terminal only."""
    hidden = not _shown or not sys.stderr.isatty()
    return tqdm(items, desc=label, total=total, mininterval=0.2, disable=hidden, **options)


def say(line: str) -> None:
    """Print a line, unless progress is turned off."""
    if _shown:
        print(line, file=sys.stderr)


@contextmanager
def without_library_bars() -> Iterator[None]:
    """Hide the bars that transformers draws when it loads and saves a model, wherever standard error leads."""
    from transformers.utils import logging

    shown = logging.is_progress_bar_enabled()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        if shown:
            logging.enable_progress_bar()
