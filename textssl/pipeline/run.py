"""Run all stages, from the input to the report; the same call again continues where the last one ended."""

import time
from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from textssl.config import build, merge
from textssl.corpus.corpus import Corpus
from textssl.corpus.reading import TextSource, open_corpus
from textssl.pipeline.columns import column_values
from textssl.pipeline.results import Run, load_run
from textssl.pipeline.setup import announce, check_groupable, estimated, folder_for, stage_keys, write_config
from textssl.pipeline.stages import all_stages, language_model_stages, stages_of
from textssl.pipeline.table import Stage, declared_only
from textssl.progress import say
from textssl.reporting.report import Report
from textssl.run_folder import RunFolder, read_manifest, require_finished, sweep, write_manifest
from textssl.run_settings import RunSettings

if TYPE_CHECKING:
    from textssl.pretraining.pretraining import LanguageModel


def run(source: TextSource, out: str | Path, settings: RunSettings | None = None, fresh: bool = False) -> Run:
    """Pretrain on `source`, embed it, group it, report, and leave all of it in the folder `out`.

    In the folder of an earlier run only the stages are made again that depend on what has changed.

    Args:
        source: whatever `read_corpus` reads.
        out: a new or empty folder, or that of a run; an interrupted one continues.
        settings: see RunSettings.
        fresh: replace a language model or an encoder that was made of another input or with other settings.

    Raises:
        DataError: if the input or the disk does not allow it.
        UsageError: if a setting is wrong, or `out` holds something else, or what only `fresh` replaces.
    """
    settings = settings or RunSettings()
    replaceable = {stage.name for stage in all_stages() if not stage.costly}
    folder, corpus = folder_for(source, Path(out), settings, check_groupable, replaceable, fresh)
    if not read_manifest(folder)["stages"]:
        announce(corpus, estimated(corpus, settings))
    for stage in stages_of(corpus, settings):
        _once(stage, folder, corpus, settings)
    sweep(folder)
    _finish(folder)
    return load_run(out)


def pretrain_folder(
    source: TextSource, out: str | Path, settings: RunSettings | None = None, fresh: bool = False
) -> "LanguageModel":
    """Do only the first stages of `run`: leave a language model in the folder `out`, which `run` can continue."""
    from textssl.pretraining.pretraining import load_language_model

    settings = settings or RunSettings()
    settings = replace(settings, embedding=replace(settings.embedding, teacher=""))  # it would take the model's place
    folder, corpus = folder_for(source, Path(out), settings, fresh=fresh)
    for stage in language_model_stages(settings):
        _once(stage, folder, corpus, settings)
    return load_language_model(folder.language_model)


def report(folder: str | Path, changes: Mapping[str, Any] | None = None) -> Report:
    """Rebuild the report of a finished run, and return it.

    Args:
        folder: the run.
        changes: reporting settings to be set and kept, by name; see ReportingSettings.

    Raises:
        DataError: if the run was interrupted before its report, or is damaged.
        UsageError: if a setting is wrong.
    """
    files = RunFolder(Path(folder))
    manifest = read_manifest(files)
    settings = build(RunSettings, merge(manifest["settings"], {"reporting": changes or {}}))
    corpus = open_corpus(files.corpus)
    column_values(corpus, settings.reporting)
    stages = stages_of(corpus, settings)
    stage = stages[-1]
    if [made.name for made in stages if made.name not in manifest["stages"]] != [stage.name]:
        require_finished(files)
    manifest["stages"].pop(stage.name, None)
    write_manifest(files, manifest | {"settings": asdict(settings), "finished": False})
    write_config(files, settings)
    made = _once(stage, files, corpus, settings)
    _finish(files)
    return made


def _once(stage: Stage, folder: RunFolder, corpus: Corpus, settings: RunSettings) -> Any:
    """Do a stage unless the manifest says that it was done; return what it returns."""
    manifest = read_manifest(folder)
    if stage.name in manifest["stages"]:
        return None
    key = stage_keys(manifest, corpus, settings)[stage.name]
    write_manifest(folder, manifest | {"begun": key})
    started = time.monotonic()
    made = stage.work(folder, corpus, declared_only(settings, stage.settings))
    seconds = round(time.monotonic() - started, 1)
    manifest = read_manifest(folder)
    note = {"note": made} if isinstance(made, str) else {}
    manifest["stages"][stage.name] = {"key": key, "seconds": seconds} | note
    write_manifest(folder, manifest)
    say(f"{stage.name}: {seconds} s")
    return made


def _finish(folder: RunFolder) -> None:
    """Note in the manifest that all stages are done."""
    write_manifest(folder, read_manifest(folder) | {"finished": True, "begun": None})
