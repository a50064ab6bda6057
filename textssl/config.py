"""Settings: frozen dataclasses are the single source of defaults, help texts and valid keys.

A stage declares its settings once with `setting(default, help)`. The TOML file, ``--set key=value``,
the command line's help and the copy saved beside a result are all made from that declaration.
"""

import dataclasses
import math
import tomllib
import types
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Literal, NamedTuple, TypeVar, Union, get_args, get_origin, get_type_hints

from textssl.errors import UsageError, nearest

T = TypeVar("T")


def setting(default: Any, help: str, low: float | None = None, high: float | None = None) -> Any:
    """Declare one field of a settings dataclass: its default, its help, and the range it must lie in."""
    return dataclasses.field(default=default, metadata={"help": help, "low": low, "high": high})


def section(cls: type, help: str) -> Any:
    """Declare a field that is itself a settings dataclass with its own defaults."""
    return dataclasses.field(default_factory=cls, metadata={"help": help})


class Described(NamedTuple):
    """One leaf of a settings dataclass, as help texts show it."""

    path: str
    default: Any
    help: str


def describe(cls: type, prefix: str = "") -> Iterator[Described]:
    """Yield every leaf setting of `cls` with its dotted path, default and help, in order of declaration."""
    defaults = cls()
    for field in dataclasses.fields(cls):
        value = getattr(defaults, field.name)
        if dataclasses.is_dataclass(value):
            yield from describe(type(value), f"{prefix}{field.name}.")
        else:
            yield Described(f"{prefix}{field.name}", value, field.metadata["help"])


def build(cls: type[T], values: Mapping[str, Any], where: str = "") -> T:
    """Make a settings dataclass from nested mappings.

    Raises:
        UsageError: for an unknown key (naming the nearest), a value of the wrong type or out of range.
    """
    fields = {field.name: field for field in dataclasses.fields(cls)}  # type: ignore[arg-type]
    hints = get_type_hints(cls)
    arguments = {}
    for key, value in values.items():
        path = f"{where}{key}"
        if key not in fields:
            valid = [f"{where}{name}" for name in fields]
            raise UsageError(f"unknown setting {path!r}{nearest(path, valid)}")
        if dataclasses.is_dataclass(hints[key]):
            if not isinstance(value, Mapping):
                raise UsageError(f"{path} is a group of settings, got {value!r}: set {path}.NAME instead")
            arguments[key] = build(hints[key], value, f"{path}.")
        else:
            arguments[key] = _checked(path, value, hints[key], fields[key].metadata)
    return cls(**arguments)


def merge(base: Mapping[str, Any], override: Mapping[str, Any]) -> dict[str, Any]:
    """Return `base` with the leaves of `override` put over it; neither is changed."""
    merged = dict(base)
    for key, value in override.items():
        both = isinstance(value, Mapping) and isinstance(merged.get(key), Mapping)
        merged[key] = merge(merged[key], value) if both else value
    return merged


def from_assignments(assignments: list[str]) -> dict[str, Any]:
    """Turn ``["a.b=1", "c=mlm"]`` into ``{"a": {"b": 1}, "c": "mlm"}``; values are read as TOML, else as text."""
    values: dict[str, Any] = {}
    for assignment in assignments:
        path, equals, text = assignment.partition("=")
        if not equals or not path.strip():
            raise UsageError(f"--set expects key=value, got {assignment!r}: write --set pretraining.tokens=500000")
        values = merge(values, nested(path.strip(), _toml_value(text.strip())))
    return values


def nested(path: str, value: Any) -> dict[str, Any]:
    """Return ``{"a": {"b": value}}`` for the dotted path ``"a.b"``."""
    for key in reversed(path.split(".")):
        value = {key: value}
    return value


def read_toml(path: str | Path) -> dict[str, Any]:
    """Read a TOML settings file.

    Raises:
        UsageError: if the file cannot be read or is not TOML.
    """
    try:
        return tomllib.loads(Path(path).read_text(encoding="utf-8-sig"))  # some Windows editors put a mark first
    except OSError as error:
        raise UsageError(f"cannot read the settings file {path}: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"{path} is not a TOML file: {error}") from None


def to_toml(settings: Any) -> str:
    """Return the TOML text of a settings dataclass; `build` of its parse gives an equal one."""
    import tomli_w

    return tomli_w.dumps(dataclasses.asdict(settings))


def _toml_value(text: str) -> Any:
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text


def _checked(path: str, value: Any, hint: Any, metadata: Mapping[str, Any]) -> Any:
    """Return `value` if it fits the type hint and the declared range (an int is welcome as a float)."""
    if float in _members(hint) and type(value) is int:
        value = float(value)
    if not any(_fits(value, member) for member in _members(hint)):
        raise UsageError(f"{path} expects {_spelled(hint)}, got {value!r}")
    low, high = metadata.get("low"), metadata.get("high")
    low = -math.inf if low is None else low
    high = math.inf if high is None else high
    if isinstance(value, int | float) and not low <= value <= high:
        raise UsageError(f"{path} must lie in [{low}, {high}], got {value!r}")
    return value


def _members(hint: Any) -> tuple[Any, ...]:
    return get_args(hint) if get_origin(hint) in (Union, types.UnionType) else (hint,)


def _fits(value: Any, member: Any) -> bool:
    if get_origin(member) is Literal:
        return value in get_args(member)
    return type(value) is member


def _spelled(hint: Any) -> str:
    spelled = []
    for member in _members(hint):
        if get_origin(member) is Literal:
            spelled += [repr(choice) for choice in get_args(member)]
        else:
            spelled.append({str: "text", int: "a whole number", float: "a number", bool: "true or false"}[member])
    return " or ".join(spelled)
