"""The start of a run: the input is read, everything is checked, the folder is claimed, its time is estimated."""

from collections.abc import Callable
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Any

from textssl.config import to_toml
from textssl.corpus.corpus import Corpus
from textssl.corpus.reading import open_corpus
from textssl.embedding.definitions import read_definitions
from textssl.embedding.encoding import load_encoder
from textssl.errors import DataError
from textssl.memory import gigabytes
from textssl.pipeline.estimate import Estimate, estimate
from textssl.pipeline.reading import read_input
from textssl.pretraining.backbones import load_backbone
from textssl.progress import say
from textssl.run_folder import (
    RunFolder,
    claim,
    clear_os_errors,
    encoder_folder,
    language_model_folder,
    read_manifest,
    write_manifest,
    write_whole,
)
from textssl.run_settings import RunSettings

_SHOWN_VERSIONS = ("textssl", "torch", "transformers", "sentence-transformers", "scikit-learn")


def folder_for(
    source: Any, out: Path, settings: RunSettings, check: Callable[[Corpus, RunSettings], None] | None = None
) -> tuple[RunFolder, Corpus]:
    """Validate the input and settings before creating `out`, so that a failed call leaves no files."""
    read = out.resolve().parent / f"{out.resolve().name}.corpus"
    try:
        corpus = read_input(source, settings.corpus, settings.lang, cache=read)
        expected = estimated(corpus, settings)
        if not RunFolder(out).manifest.exists():
            _check_beginnings(settings)
            if check:
                check(corpus, settings)
        identity = {"input": corpus.fingerprint, "settings": asdict(settings)}
        folder = claim(out, identity)
        with clear_os_errors(out):
            read.replace(folder.corpus)
    finally:
        read.unlink(missing_ok=True)
    manifest = read_manifest(folder)
    manifest |= {"source": corpus.name, "reading": corpus.notes}
    manifest["versions"] = {name: version(name) for name in _SHOWN_VERSIONS}
    manifest.setdefault("learned", expected.learned)
    write_manifest(folder, manifest)
    write_whole(folder.config, lambda part: part.write_text(to_toml(settings), encoding="utf-8"))
    return folder, open_corpus(folder.corpus)


def _check_beginnings(settings: RunSettings) -> None:
    """Load dictionary, encoder and checkpoint once, so that what is wrong with them is raised before any work."""
    if settings.embedding.dictionary:
        read_definitions(settings.embedding.dictionary)
    if settings.embedding.encoder:
        load_encoder(encoder_folder(settings.embedding.encoder))
    if settings.pretraining.start != "none":
        load_backbone(language_model_folder(settings.pretraining.start), settings.pretraining.objective)


def check_groupable(corpus: Corpus, settings: RunSettings) -> None:
    """Raise DataError where there are fewer distinct texts than clusters asked for, or only one."""
    found, wanted = corpus.statistics.unique, settings.clustering.clusters
    if found < 2:
        raise DataError(f"{corpus.name} has one distinct text: grouping takes at least 2")
    if wanted != "auto" and found < int(wanted):
        raise DataError(f"{corpus.name} has {found} distinct texts, fewer than the {wanted} clusters asked for")


def estimated(corpus: Corpus, settings: RunSettings) -> Estimate:
    """Return what a run on the corpus will take."""
    return estimate(corpus.statistics.unique, corpus.statistics.characters, settings)


def announce(corpus: Corpus, expected: Estimate) -> None:
    """Print how long the run will take and how much memory it needs."""
    texts = corpus.statistics.unique
    seconds = expected.seconds
    time = f"{seconds / 60:.0f} minutes" if seconds > 90 else f"{max(10, round(seconds, -1)):.0f} seconds"
    learned = f"; vectors are learned from {expected.learned:,} of them" if expected.learned < texts else ""
    say(f"{texts:,} distinct texts: about {time}, {gigabytes(expected.memory)} of memory at most{learned}")
