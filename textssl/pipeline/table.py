"""A stage of a run: what it reads, what it writes, which settings it depends on, and the key made from all of these."""

import json
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, is_dataclass
from hashlib import blake2b
from pathlib import Path
from pkgutil import resolve_name
from typing import Any, cast

import numpy as np

from textssl.corpus.corpus import Corpus
from textssl.run_folder import RunFolder
from textssl.run_settings import RunSettings

# Settings that a stage reads but its results do not depend on.
_WITHOUT_EFFECT = {"pretraining.checkpoint_seconds"}


@dataclass(frozen=True)
class Stage:
    """One step of a run; it leaves its artefacts in the run folder, whole or not at all.

    Attributes:
        name: what the manifest and messages call it; variants of a stage share it.
        work: does it; of the settings it sees those declared. A str that it returns is a note for the report.
        reads: attributes of RunFolder that it reads where the run has them, ``"corpus"`` and ``"learned"``, the number
            of texts that are learned from.
        writes: what it leaves, attributes of RunFolder or names of files in the folder.
        settings: those it depends on, as ``"seed"``, ``"clustering"`` (the whole group) or ``"embedding.form"``.
        costly: its artefacts are replaced with the user's consent only.
    """

    name: str
    work: Callable[[RunFolder, Corpus, RunSettings], Any]
    reads: tuple[str, ...]
    writes: tuple[str, ...]
    settings: tuple[str, ...]
    costly: bool = False

    def paths(self, folder: RunFolder) -> list[Path]:
        """Return the paths of its artefacts."""
        return [folder.path(name) for name in self.writes]


@dataclass(frozen=True)
class Head:
    """A result on the vectors of a run: columns with one entry per row.

    Attributes:
        stage: the stage that makes it.
        table: the Parquet file with its columns that the stage writes, as in `Stage.writes`.
        predict: returns its columns for new texts, given the run, the vectors of the texts, (n, d), and the texts; a
            blank text has a vector of zeros.
    """

    stage: Stage
    table: str
    predict: Callable[[RunFolder, np.ndarray, Sequence[str]], dict[str, np.ndarray]]


def deferred(path: str, *first: Any) -> Callable[[RunFolder, Corpus, RunSettings], Any]:
    """Return a function that is imported when it is called: a run loads the libraries of the stages that it does.

    Args:
        path: where the function is, as ``"module:name"``.
        *first: its first arguments, before those of every stage.
    """
    return lambda files, corpus, settings: resolve_name(path)(*first, files, corpus, settings)


def keys_of(stages: Iterable[Stage], sources: Mapping[str, Any], settings: RunSettings) -> dict[str, str]:
    """Return the key of each stage by its name.

    Args:
        stages: of one run, in order.
        sources: what identifies that which no stage writes, such as the fingerprint of the corpus.
        settings: of the run.
    """
    keys: dict[str, str] = {}
    identities = dict(sources)  # of artefacts: the key of the stage that writes them
    for stage in stages:
        values = {path: value for path, value in flat(settings) if _covers(stage.settings, path)}
        read = {name: identities[name] for name in stage.reads if name in identities}
        identity = [stage.name, stage.writes, read, {k: v for k, v in values.items() if k not in _WITHOUT_EFFECT}]
        key = blake2b(json.dumps(identity, sort_keys=True).encode(), digest_size=16).hexdigest()
        keys[stage.name] = key
        identities |= dict.fromkeys(stage.writes, key)
    return keys


def differences(before: RunSettings, now: RunSettings) -> dict[str, str]:
    """Describe the settings that differ, by their dotted path."""
    return {
        path: f"{path}: {old}, now {new}"
        for (path, old), (_, new) in zip(flat(before), flat(now), strict=True)
        if old != new
    }


def flat(settings: Any, prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Yield the dotted path and the value of each setting."""
    for name, value in vars(settings).items():
        if is_dataclass(value):
            yield from flat(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", value


def declared_only(settings: RunSettings, declared: Collection[str]) -> RunSettings:
    """Return `settings` to read, of which those not declared raise LookupError."""
    return cast(RunSettings, _View(settings, declared))


class _View:
    """Settings, or a group of them, of which only those declared can be read."""

    def __init__(self, settings: Any, declared: Collection[str], prefix: str = "") -> None:
        self._settings, self._declared, self._prefix = settings, declared, prefix

    def __getattr__(self, name: str) -> Any:
        path, value = f"{self._prefix}{name}", getattr(self._settings, name)
        if _covers(self._declared, path):
            return value
        if is_dataclass(value):
            return _View(value, self._declared, f"{path}.")
        raise LookupError(f"the setting {path} is read by a stage that does not declare it")


def _covers(declared: Collection[str], path: str) -> bool:
    """Tell whether a path, or the group it is in, is declared."""
    return path in declared or path.partition(".")[0] in declared
