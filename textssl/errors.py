"""What textssl says when an input is wrong: one line, and the exit code that goes with it."""

import difflib
from collections.abc import Iterable
from typing import TypeVar

T = TypeVar("T")


class TextsslError(Exception):
    """Base of every error a user can cause; the message is one line and says what to do."""

    exit_code = 1


class DataError(TextsslError):
    """The data cannot be used as it is."""

    exit_code = 1


class UsageError(TextsslError):
    """The call itself is wrong: an unknown name, a value out of range, a folder that is taken."""

    exit_code = 2


def nearest(name: str, valid: Iterable[str]) -> str:
    """Return ``" (nearest: 'x')"`` for the valid name most like `name`, else the list of valid names."""
    names = [str(v) for v in valid]
    return closest(name, names) or (f" (valid: {', '.join(names)})" if names else "")


def closest(name: str, valid: Iterable[str]) -> str:
    """Return ``" (nearest: 'x')"`` for the valid name most like `name`; empty if none is like it."""
    close = difflib.get_close_matches(name, [str(v) for v in valid], n=1, cutoff=0.5)
    return f" (nearest: {close[0]!r})" if close else ""


def lookup(registry: dict[str, T], name: str, what: str) -> T:
    """Return ``registry[name]``; raise UsageError naming `what` and the nearest entry if there is none."""
    if name not in registry:
        raise UsageError(f"no {what} is called {name!r}{nearest(name, registry)}")
    return registry[name]
