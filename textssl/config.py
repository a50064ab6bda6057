"""Settings: frozen dataclasses are the single source of defaults, help texts and valid keys.

A stage declares each of its settings once with `setting(default, help)`. The TOML file, ``--set key=value``, the help
of the command line and the copy saved with a result all follow from that declaration. A settings object validates
itself when it is created, in Python as on the command line.
"""

import dataclasses
import difflib
import math
import tomllib
import types
from collections.abc import Callable, Collection, Iterator, Mapping
from pathlib import Path
from typing import Any, ClassVar, Literal, NamedTuple, TypeVar, Union, get_args, get_origin, get_type_hints

from textssl.errors import UsageError, closest, nearest

T = TypeVar("T")


class Settings:
    """Base class of the settings dataclasses.

    A subclass gives the name of its group as ``path``, such as ``"clustering"``; it is empty for the settings of a run.

    Raises:
        UsageError: on creation, if a value has the wrong type, is out of range or is not a valid name.
    """

    PATH: ClassVar[str] = ""

    def __init_subclass__(cls, path: str = "") -> None:
        """Store the name of the group."""
        cls.PATH = f"{path}." if path else ""

    def __post_init__(self) -> None:
        """Validate every field, and convert it to its declared form."""
        hints = get_type_hints(type(self))
        for field in dataclasses.fields(self):  # type: ignore[arg-type]
            value = _checked(f"{self.PATH}{field.name}", getattr(self, field.name), hints[field.name], field.metadata)
            object.__setattr__(self, field.name, value)  # the dataclass is frozen


def setting(
    default: Any,
    help: str,
    low: float | None = None,
    high: float | None = None,
    check: Callable[[Any], Any] | None = None,
    choices: Collection[str] | None = None,
    several: bool = False,
) -> Any:
    """Declare one field of a settings dataclass.

    Args:
        default: the default.
        help: its description on the command line; ``{choices}`` stands for the names in `choices`.
        low: the smallest valid value of a number; None = no limit.
        high: the largest valid value of a number; None = no limit.
        check: returns the value to keep, or raises UsageError; it is not called for the default.
        choices: the valid names, of a field of type str; None = any text. It is read whenever a value is checked, so
            the names in a registry include those registered at run time.
        several: whether the value may be several of the `choices`, separated by commas.
    """
    metadata = {"help": help, "default": default, "low": low, "high": high, "check": check}
    metadata |= {"choices": choices, "several": several}
    return dataclasses.field(default=default, metadata=metadata)


def section(cls: type, help: str) -> Any:
    """Declare a field that is a group of settings: a settings dataclass with its own defaults."""
    return dataclasses.field(default_factory=cls, metadata={"help": help})


class Described(NamedTuple):
    """One setting, as help texts show it."""

    path: str
    default: Any
    help: str


def describe(cls: type, prefix: str = "") -> Iterator[Described]:
    """Yield every setting of `cls` and its groups with dotted path, default and help, in order of declaration."""
    defaults = cls()
    for field in dataclasses.fields(cls):
        value = getattr(defaults, field.name)
        if dataclasses.is_dataclass(value):
            yield from describe(type(value), f"{prefix}{field.name}.")
        else:
            help = field.metadata["help"].replace("{choices}", ", ".join(field.metadata["choices"] or ()))
            yield Described(f"{prefix}{field.name}", value, help)


def build(cls: type[T], values: Mapping[str, Any]) -> T:
    """Create a settings dataclass from nested mappings.

    Raises:
        UsageError: for an unknown key (naming the nearest), or if a value has the wrong type, is out of range or is not
            a valid name.
    """
    return _built(cls, values, "", cls)


def merge(base: Mapping[str, Any], override: Mapping[str, Any]) -> dict[str, Any]:
    """Return a copy of `base` updated with the leaves of `override`."""
    merged = dict(base)
    for key, value in override.items():
        both = isinstance(value, Mapping) and isinstance(merged.get(key), Mapping)
        merged[key] = merge(merged[key], value) if both else value
    return merged


def from_assignments(assignments: list[str]) -> dict[str, Any]:
    """Turn ``["a.b=1", "c=mlm"]`` into ``{"a": {"b": 1}, "c": "mlm"}``; a value that is not TOML is text.

    Raises:
        UsageError: for an assignment without key or equals sign.
    """
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


def leaves(values: Mapping[str, Any], prefix: str = "") -> Iterator[str]:
    """Yield the dotted paths of the leaves of nested mappings."""
    for key, value in values.items():
        if isinstance(value, Mapping):
            yield from leaves(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}"


def read_toml(path: str | Path) -> dict[str, Any]:
    """Read a TOML settings file.

    Raises:
        UsageError: if the file cannot be read or is not TOML.
    """
    try:
        return tomllib.loads(Path(path).read_text(encoding="utf-8-sig"))  # some Windows editors write a byte order mark
    except OSError as error:
        raise UsageError(f"cannot read the settings file {path}: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"{path} is not a TOML file: {error}") from None


def to_toml(settings: Any) -> str:
    """Return a settings dataclass as TOML, from which `build` creates an equal one."""
    import tomli_w

    return tomli_w.dumps(dataclasses.asdict(settings))


def _toml_value(text: str) -> Any:
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text


def _built(cls: type[T], values: Mapping[str, Any], where: str, root: type) -> T:
    hints = get_type_hints(cls)
    names = {field.name for field in dataclasses.fields(cls)}  # type: ignore[arg-type]
    arguments = {}
    for key, value in values.items():
        if key not in names:
            raise _unknown(f"{where}{key}", value, root)
        inner = dataclasses.is_dataclass(hints[key]) and isinstance(value, Mapping)
        arguments[key] = _built(hints[key], value, f"{where}{key}.", root) if inner else value
    return cls(**arguments)


def _unknown(path: str, value: Any, root: type) -> UsageError:
    """Return the error for an unknown setting, naming the nearest, also if it was given without its group."""
    path = next(leaves(nested(path, value)), path)
    valid = [leaf.path for leaf in describe(root)]
    if "." in path:
        return UsageError(f"unknown setting {path!r}{nearest(path, valid)}")
    by_name = {leaf.rpartition(".")[2]: leaf for leaf in reversed(valid)}
    close = difflib.get_close_matches(path, by_name, n=1, cutoff=0.6)
    hint = f" (nearest: {by_name[close[0]]!r})" if close else nearest(path, [f.name for f in dataclasses.fields(root)])
    return UsageError(f"unknown setting {path!r}{hint}")


def _checked(path: str, value: Any, hint: Any, metadata: Mapping[str, Any]) -> Any:
    """Return `value`, in its declared form, if it has the declared type and is in the declared range."""
    if dataclasses.is_dataclass(hint):
        if not isinstance(value, hint):  # type: ignore[arg-type]
            raise UsageError(f"{path} is a group of settings, got {value!r}: set {path}.NAME instead")
        return value
    if float in _members(hint) and type(value) is int:
        value = float(value)
    if metadata["choices"] is not None:
        value = _chosen(path, value, list(metadata["choices"]), metadata["several"])
    elif not any(_fits(value, member) for member in _members(hint)):
        close = closest(value, _choices(hint)) if isinstance(value, str) else ""
        raise UsageError(f"{path} expects {_spelled(hint)}, got {value!r}{close}")
    low, high = metadata["low"], metadata["high"]
    low = -math.inf if low is None else low
    high = math.inf if high is None else high
    if isinstance(value, int | float) and not low <= value <= high:
        raise UsageError(f"{path} must lie in [{low}, {high}], got {value!r}")
    check = metadata["check"]
    return check(value) if check and value != metadata["default"] else value


def _chosen(path: str, value: Any, choices: list[str], several: bool) -> str:
    """Return `value` if it is one of the choices or, with `several`, a list of some, without spaces."""
    names = [name.strip() for name in value.split(",")] if several and isinstance(value, str) else [value]
    for number, name in enumerate(names):
        if name in names[:number]:
            raise UsageError(f"{path} names {name!r} twice: leave one out, got {value!r}")
        if name not in choices:
            valid = " or ".join(map(repr, choices)) + (", one or several separated by commas" if several else "")
            close = closest(name, choices) if isinstance(name, str) else ""
            raise UsageError(f"{path} expects {valid}, got {name!r}{close}")
    return ",".join(names)


def _members(hint: Any) -> tuple[Any, ...]:
    return get_args(hint) if get_origin(hint) in (Union, types.UnionType) else (hint,)


def _fits(value: Any, member: Any) -> bool:
    if get_origin(member) is Literal:
        return value in get_args(member)
    return type(value) is member


def _choices(hint: Any) -> list[str]:
    return [choice for member in _members(hint) if get_origin(member) is Literal for choice in get_args(member)]


def _spelled(hint: Any) -> str:
    spelled = []
    for member in _members(hint):
        if get_origin(member) is Literal:
            spelled += [repr(choice) for choice in get_args(member)]
        else:
            spelled.append({str: "text", int: "a whole number", float: "a number", bool: "true or false"}[member])
    return " or ".join(spelled)
