"""The errors that users can cause: a message of one line, and an exit code."""

import difflib
from collections.abc import Iterable
from typing import TypeVar

T = TypeVar("T")


class TextsslError(Exception):
    """Base class of the errors that users can cause; the message is one line that says what to do."""

    exit_code = 1


class DataError(TextsslError):
    """The data cannot be used."""

    exit_code = 1


class UsageError(TextsslError):
    """The call is wrong: an unknown name, a value out of range, a folder that is in use."""

    exit_code = 2


def nearest(name: str, valid: Iterable[str]) -> str:
    """Return ``" (nearest: 'x')"`` for the valid name closest to `name`, or a list of all valid names."""
    names = [str(v) for v in valid]
    return closest(name, names) or (f" (valid: {', '.join(names)})" if names else "")


def closest(name: str, valid: Iterable[str]) -> str:
    """Return ``" (nearest: 'x')"`` for the valid name closest to `name`; empty if none is close."""
    close = difflib.get_close_matches(name, [str(v) for v in valid], n=1, cutoff=0.5)
    return f" (nearest: {close[0]!r})" if close else ""


def lookup(registry: dict[str, T], name: str, what: str) -> T:
    """Return ``registry[name]``; if it does not exist, raise UsageError with `what` and the nearest name."""
    if name not in registry:
        raise UsageError(f"no {what} is called {name!r}{nearest(name, registry)}")
    return registry[name]
