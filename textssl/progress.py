"""One progress bar for all long work: share done, rate and time left, on standard error."""

import sys
from collections.abc import Iterable
from typing import Any

from tqdm import tqdm

_shown = True


def show_progress(shown: bool) -> None:
    """Show progress bars, or none; by default they are shown where standard error is a terminal."""
    global _shown
    _shown = shown


def bar(items: Iterable[Any] | None = None, label: str = "", total: int | None = None, **options: Any) -> tqdm:
    """Return a tqdm bar over `items`; it is drawn on a terminal only."""
    hidden = not _shown or not sys.stderr.isatty()
    return tqdm(items, desc=label, total=total, mininterval=0.2, disable=hidden, **options)
