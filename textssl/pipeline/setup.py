"""The start of a run: the input is read, everything is checked, the folder is claimed, its time is estimated."""

import json
import os
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import asdict
from hashlib import blake2b, file_digest
from importlib.metadata import version
from pathlib import Path
from typing import Any

from textssl.config import build, to_toml
from textssl.corpus.corpus import Corpus
from textssl.corpus.reading import TextSource, open_corpus
from textssl.errors import DataError, UsageError
from textssl.memory import gigabytes
from textssl.pipeline.columns import column_values
from textssl.pipeline.estimate import Estimate, estimate
from textssl.pipeline.reading import read_input, with_notes_said
from textssl.pipeline.stages import all_stages, stages_of
from textssl.pipeline.table import Stage, differences, keys_of
from textssl.progress import say
from textssl.reduction.registry import entry_of
from textssl.run_folder import (
    FORMAT,
    RunFolder,
    claim,
    clear_os_errors,
    discard,
    encoder_folder,
    read_manifest,
    sweep,
    write_manifest,
    write_whole,
)
from textssl.run_settings import RunSettings

_SHOWN_VERSIONS = ("textssl", "torch", "transformers", "sentence-transformers", "scikit-learn")


def folder_for(
    source: TextSource,
    out: Path,
    settings: RunSettings,
    check: Callable[[Corpus, RunSettings], None] | None = None,
    replaceable: Collection[str] = (),
    fresh: bool = False,
) -> tuple[RunFolder, Corpus]:
    """Validate input and settings, then create `out` or continue the run there; outdated artefacts are removed.

    Args:
        source: whatever `read_corpus` reads.
        out: the run folder.
        settings: of the run.
        check: raises an error if the settings do not suit the corpus.
        replaceable: names of the stages that may be made again without `fresh`.
        fresh: replace everything made from another input or with other settings.

    Raises:
        UsageError: if `out` holds something else, or stages to be replaced that are not `replaceable`.
    """
    read = out.resolve().parent / f"{out.resolve().name}.corpus"
    files = RunFolder(out)
    try:
        before: dict[str, Any] = {"input": "", "settings": {}, "stages": {}}
        if files.manifest.exists():
            before = read_manifest(files)
        file = _identity(source, settings)
        known = file is not None and before.get("file") == file and files.corpus.exists()
        corpus = (
            with_notes_said(open_corpus(files.corpus))
            if known
            else read_input(source, settings.corpus, settings.lang, cache=read)
        )
        now = before | {"file": file, "input": corpus.fingerprint, "settings": asdict(settings), "format": FORMAT}
        now |= {"source": corpus.name, "reading": corpus.notes, "learned": _learned(corpus, settings, before)}
        now["versions"] = {name: version(name) for name in _SHOWN_VERSIONS}
        if any(before[key] != now[key] for key in ("input", "settings")):
            _check_files(settings, out)
            if check:
                check(corpus, settings)
        keys = stage_keys(now, corpus, settings)
        replaced = [name for name, made in before["stages"].items() if made["key"] != keys.get(name)]
        if replaced:
            _announce_replaced(out, replaced, _made_with(before, now), fresh or set(replaced) <= set(replaceable))
        claim(out)
        keep_done(files, now, stages_of(corpus, settings), keys)
        if not known:
            with clear_os_errors(out):
                read.replace(files.corpus)
    finally:
        read.unlink(missing_ok=True)
    write_config(files, settings)
    return files, open_corpus(files.corpus)


def _identity(source: TextSource, settings: RunSettings) -> str | None:
    """Return a hash of the bytes of a single file and of how it is read; None for any other source."""
    if not isinstance(source, str | Path) or not os.path.isfile(source):
        return None
    how = [str(source), version("textssl"), settings.lang, asdict(settings.corpus)]
    with clear_os_errors(Path(source)), Path(source).open("rb") as file:
        return file_digest(file, lambda: blake2b(json.dumps(how).encode(), digest_size=16)).hexdigest()


def stage_keys(manifest: dict[str, Any], corpus: Corpus, settings: RunSettings) -> dict[str, str]:
    """Return the key of each stage of a run."""
    return keys_of(stages_of(corpus, settings), {"corpus": manifest["input"], "learned": manifest["learned"]}, settings)


def keep_done(files: RunFolder, manifest: dict[str, Any], stages: Iterable[Stage], keys: Mapping[str, str]) -> None:
    """Write the manifest with the stages that are done, and remove the artefacts of all others.

    A stage is done if the manifest has its key and its artefacts exist. What the stage of the key ``"begun"`` has left
    is incomplete, but the stage continues from there.
    """
    made = manifest["stages"]
    done = {
        stage.name: made[stage.name]
        for stage in stages
        if made.get(stage.name, {}).get("key") == keys[stage.name] and all(path.exists() for path in stage.paths(files))
    }
    begun = manifest.get("begun") if manifest.get("begun") in keys.values() else None
    finished = manifest.get("finished", False) and done.keys() == keys.keys()
    write_manifest(files, manifest | {"finished": finished, "stages": done, "begun": begun})
    kept = {path for stage in stages if stage.name in done or keys[stage.name] == begun for path in stage.paths(files)}
    discard({path for stage in all_stages() for path in stage.paths(files)} - kept)
    if not begun:
        sweep(files)


def write_config(files: RunFolder, settings: RunSettings) -> None:
    """Write config.toml."""
    write_whole(files.config, lambda part: part.write_text(to_toml(settings), encoding="utf-8"))


def _learned(corpus: Corpus, settings: RunSettings, before: dict[str, Any]) -> int:
    """Return the number of texts to learn from: as many as before, unless memory or dimensions have changed."""
    if before["input"] == corpus.fingerprint:
        changed = differences(build(RunSettings, before["settings"]), settings)
        if not {"memory", "embedding.dimensions"} & changed.keys():
            return before["learned"]
    return estimated(corpus, settings).learned


def _made_with(before: dict[str, Any], now: dict[str, Any]) -> str:
    """Describe what a run was made with that is different now."""
    changed = differences(build(RunSettings, before["settings"]), build(RunSettings, now["settings"]))
    shown = f" ({'; '.join(changed.values())})" if changed else ""
    return ("another input" if before["input"] != now["input"] else "different settings") + shown


def _announce_replaced(out: Path, replaced: list[str], made_with: str, allowed: bool) -> None:
    """Say which stages are made again, and why; raise UsageError if that is not allowed."""
    names = ", ".join(replaced)
    if not allowed:
        raise UsageError(
            f"{out} was made with {made_with}: {names} would be replaced; "
            "add --fresh to replace them, or choose another --out"
        )
    say(f"{out} was made with {made_with}; made again: {names}")


def _check_files(settings: RunSettings, out: Path) -> None:
    """Load dictionary, teacher and checkpoint once, so that errors in them, or a missing extra, precede any work."""
    entry_of(settings.reduction.method)
    for given in (settings.embedding.teacher, settings.pretraining.checkpoint):
        if given not in ("", "none") and Path(given).resolve().is_relative_to(out.resolve()):
            raise UsageError(f"{given} is inside {out} and would be replaced while it is used: choose another --out")
    if settings.embedding.dictionary:
        from textssl.encoder.forms.definitions import read_definitions

        read_definitions(settings.embedding.dictionary)
    if settings.embedding.teacher:
        from textssl.encoder.inference.encode import load_encoder

        load_encoder(encoder_folder(settings.embedding.teacher))
    if settings.pretraining.checkpoint != "none":
        from textssl.pretraining.backbones import load_backbone

        load_backbone(settings.pretraining.checkpoint, settings.pretraining.objective)


def check_groupable(corpus: Corpus, settings: RunSettings) -> None:
    """Raise an error if there are too few distinct texts, or a column that the report compares by cannot be used."""
    column_values(corpus, settings.reporting)
    found, wanted = corpus.statistics.unique, settings.clustering.n_clusters
    if found < 2:
        raise DataError(f"{corpus.name} has one distinct text: grouping takes at least 2")
    if wanted != "auto" and found < int(wanted):
        raise DataError(f"{corpus.name} has {found} distinct texts, fewer than the {wanted} requested clusters")


def estimated(corpus: Corpus, settings: RunSettings) -> Estimate:
    """Estimate the time and memory of a run on the corpus."""
    return estimate(corpus.statistics.unique, corpus.statistics.characters, settings)


def announce(corpus: Corpus, expected: Estimate) -> None:
    """Print how long the run will take and how much memory it needs."""
    texts = corpus.statistics.unique
    seconds = expected.seconds
    time = f"{seconds / 60:.0f} minutes" if seconds > 90 else f"{max(10, round(seconds, -1)):.0f} seconds"
    learned = f"; vectors are learned from {expected.learned:,} of them" if expected.learned < texts else ""
    say(f"{texts:,} distinct texts: about {time}, {gigabytes(expected.memory)} of memory at most{learned}")
