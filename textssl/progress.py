"""One progress bar for all long work: share done, rate and time left, on standard error."""

import sys
from collections.abc import Iterable
from typing import Any

from tqdm import tqdm


def bar(items: Iterable[Any] | None = None, label: str = "", total: int | None = None, **options: Any) -> tqdm:
    """Return a tqdm bar over `items`; in a log file it prints a line now and then instead of redrawing."""
    terminal = sys.stderr.isatty()
    interval = 0.2 if terminal else 15.0
    return tqdm(items, desc=label, total=total, mininterval=interval, maxinterval=interval, leave=terminal, **options)
