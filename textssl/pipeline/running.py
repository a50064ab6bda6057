"""A run from its beginning to its report; the same call again goes on where the last one ended, however it ended."""

import time
from pathlib import Path
from typing import Any

from textssl.corpus.corpus import Corpus
from textssl.pipeline.beginning import announce, check_groupable, estimated, folder_for
from textssl.pipeline.finished import Run, load_run
from textssl.pipeline.reports import write_report
from textssl.pipeline.stages import Stage, pretrain_stage, stages_of
from textssl.pretraining.pretraining import LanguageModel, load_language_model
from textssl.progress import say
from textssl.run_folder import RunFolder, read_manifest, sweep, write_manifest
from textssl.run_settings import RunSettings


def run(source: Any, out: str | Path, settings: RunSettings | None = None) -> Run:
    """Pretrain on `source`, embed it, group it, report, and leave all of it in the folder `out`.

    Args:
        source: whatever `read_corpus` reads.
        out: a new or empty folder, or that of the same run cut off.
        settings: see RunSettings.

    Raises:
        DataError: if the input or the disk does not allow it.
        UsageError: if a setting is wrong, or `out` holds something else.
    """
    settings = settings or RunSettings()
    folder, corpus = folder_for(source, Path(out), settings, check_groupable)
    if not read_manifest(folder)["stages"]:
        announce(corpus, estimated(corpus, settings))
    for name, work in stages_of(corpus, settings).items():
        _once(name, work, folder, corpus, settings)
    write_report(folder, corpus, settings)
    sweep(folder)
    write_manifest(folder, read_manifest(folder) | {"finished": True})
    return load_run(out)


def pretrain_folder(source: Any, out: str | Path, settings: RunSettings | None = None) -> LanguageModel:
    """Do only the first stage of `run`: leave a language model in the folder `out`, which `run` can continue."""
    settings = settings or RunSettings()
    folder, corpus = folder_for(source, Path(out), settings)
    _once("language model", pretrain_stage, folder, corpus, settings)
    return load_language_model(folder.language_model)


def _once(name: str, work: Stage, folder: RunFolder, corpus: Corpus, settings: RunSettings) -> None:
    """Do a stage unless the manifest says that it was done."""
    if name in read_manifest(folder)["stages"]:
        return
    started = time.monotonic()
    work(folder, corpus, settings)
    seconds = round(time.monotonic() - started, 1)
    manifest = read_manifest(folder)
    manifest["stages"][name] = {"seconds": seconds}
    write_manifest(folder, manifest)
    say(f"{name}: {seconds} s")
