"""The head that says how odd each text is, and the oddness of new texts with the words that make them odd."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from textssl.config import build
from textssl.corpus.corpus import Corpus
from textssl.corpus.reading import TextSource, open_corpus
from textssl.corpus.settings import CorpusSettings
from textssl.density.base import TooFewTextsError
from textssl.density.novelty import Novelty, fit_novelty
from textssl.density.settings import DensitySettings
from textssl.density.words import without_each
from textssl.formats.registry import export
from textssl.pipeline.corpus_index import distinct_texts, results_of, sample_numbers, to_rows
from textssl.pipeline.reading import read_input
from textssl.pipeline.table import Head, Stage
from textssl.progress import bar
from textssl.reporting.report import shortened
from textssl.results import Results
from textssl.run_folder import RunFolder, read_manifest, require_finished, write_manifest
from textssl.run_settings import RunSettings

_FOLDER, _TABLE = "novelty", "novelty.parquet"
_COMPARISONS = 60_000_000  # of texts with texts learned from, at most; fewer are learned from if there are more texts
_FEWEST, _MOST = 300, 5_000  # texts learned from
_READY_MADE = 4.0  # weight of the vectors of a ready-made encoder; 1 of those learned from the texts
_ROWS_AT_ONCE = 16_384
_SHOWN = 10  # oddest texts in the report

Encode = Callable[[Sequence[str]], np.ndarray]


def _measure(files: RunFolder, corpus: Corpus, settings: RunSettings) -> str | None:
    """Write how odd each row is, and keep the oddest and their odd words in the manifest."""
    distinct = distinct_texts(corpus)
    try:
        model = _fitted(files, corpus, settings.density, settings.seed)
    except TooFewTextsError:  # or all are alike: none is odder than the others
        model = Novelty({}, {})
    scores = _scores(files, corpus, model)
    known = np.flatnonzero(np.isfinite(scores))
    shown = known[np.argsort(scores[known], kind="stable")][: _SHOWN if model.detectors else 0]
    texts = [distinct[int(row)] for row in shown]
    words = odd_words(texts, scores[shown], model, _encoder(files))
    shares = model.novelty(scores)
    names = ("row", "novelty", "words", "text")
    rows = zip(corpus.unique_rows[shown].tolist(), shares[shown].tolist(), map(", ".join, words), texts, strict=True)
    oddest = [dict(zip(names, (*row, shortened(text)), strict=True)) for *row, text in rows]
    model.save(files.path(_FOLDER))
    _write(files, corpus, shares, oddest)
    most = learned_at_most(len(distinct))
    return f"novelty was learned from {most} of {len(distinct)} distinct texts" if most < len(distinct) else None


def _fitted(files: RunFolder, corpus: Corpus, settings: DensitySettings, seed: int) -> Novelty:
    """Return what is learned from a sample of the run's distinct texts."""
    n = len(corpus.unique_rows)
    rows = corpus.unique_rows[sample_numbers(n, learned_at_most(n), seed)]
    vectors = _own_vectors(files, np.load(files.embeddings, mmap_mode="r")[rows])
    # A ready-made encoder knows more than the texts.
    weight = 1.0 if files.language_model.exists() else _READY_MADE
    return fit_novelty(vectors, corpus.texts(rows), settings, seed, encoder_weight=weight)


def _scores(files: RunFolder, corpus: Corpus, model: Novelty) -> np.ndarray:
    """Return the score of each distinct text, computed in blocks."""
    vectors, scores = np.load(files.embeddings, mmap_mode="r"), np.empty(len(corpus.unique_rows))
    for start in range(0, len(scores), _ROWS_AT_ONCE):
        rows = corpus.unique_rows[start : start + _ROWS_AT_ONCE]
        found = model.score_samples(_own_vectors(files, vectors[rows]), corpus.texts(rows))
        scores[start : start + len(rows)] = found
    return scores


def _write(files: RunFolder, corpus: Corpus, shares: np.ndarray, oddest: list[dict[str, Any]]) -> None:
    column = to_rows(corpus, shares.astype(np.float32), 1)
    export(Results({"row": np.arange(len(corpus)), "novelty": column}), "parquet", files.path(_TABLE))
    write_manifest(files, read_manifest(files) | {"oddest": oddest})


def _predict(files: RunFolder, vectors: np.ndarray, texts: Sequence[str]) -> dict[str, np.ndarray]:
    model = Novelty.load(files.path(_FOLDER))
    scores = model.score_samples(_own_vectors(files, vectors), texts)
    return {"novelty": model.novelty(scores).astype(np.float32)}


def _own_vectors(files: RunFolder, vectors: np.ndarray) -> np.ndarray:
    """Return the vectors of the ready-made encoder, if the run has adapted one, else `vectors`.

    The map by which it was adapted subtracts what the texts have in common, and new texts may lack.
    """
    if not files.teacher_embeddings.exists():
        return vectors
    from textssl.encoder.encoder import TextEncoder
    from textssl.encoder.postprocessing import unmapped

    return unmapped(vectors, TextEncoder.load(files.encoder).linear_map)


def _encoder(files: RunFolder) -> Encode:
    """Return the function that encodes texts for novelty."""
    from textssl.encoder.inference.encode import encode, load_encoder

    encoder = load_encoder(files.encoder)
    return lambda texts: _own_vectors(files, encode(encoder, texts))


def learned_at_most(texts: int) -> int:
    """Return from how many of so many texts novelty is learned, so that it takes seconds."""
    return min(texts, max(_FEWEST, min(_MOST, _COMPARISONS // max(1, texts))))


def odd_words(
    texts: Sequence[str], scores: np.ndarray, model: Novelty, encode: Encode, most: int = 3, tried: int = 50
) -> list[list[str]]:
    """Return for each text the words without which it would be less odd, those that matter most first.

    Args:
        texts: the texts.
        scores: of the texts, (n,), by `model`.
        model: of the novelty.
        encode: returns the vectors of texts.
        most: words per text. Default 3.
        tried: distinct words of a text that are left out one at a time; the first so many. Default 50.
    """
    found: list[list[str]] = []
    for text, score in zip(bar(texts, "odd words", unit="text"), scores, strict=True):
        variants = without_each(text)[:tried]
        if not variants or not np.isfinite(score):
            found.append([])
            continue
        shorter = [variant for _, variant in variants]
        gains = model.score_samples(encode(shorter), shorter) - score
        order = np.argsort(-gains, kind="stable")[:most]
        found.append([variants[i][0] for i in order if gains[i] > 0])
    return found


def novelty(
    folder: str | Path,
    source: TextSource,
    settings: DensitySettings | None = None,
    reading: CorpusSettings | None = None,
) -> Results:
    """Say how odd new texts are among those of a run, and by which words.

    Args:
        folder: the run.
        source: any source that `read_corpus` reads; it may have no texts.
        settings: method and threshold; None takes those of the run.
        reading: columns and unit of the source; texts are cleaned like those of the run. None takes the defaults.

    Returns:
        A table with the columns row; novelty, the share of the run's texts, among those kept aside for it, that are
        less odd; score, higher is more usual; outlier, whether novelty is at least 1 - contamination; words, those
        without which an outlier would be less odd, separated by commas; and text, and the other columns of `source`.
        Blank texts, and texts without a word that the encoder knows, have novelty 1 and score -inf.

    Raises:
        DataError: if the run is not finished, too few of its texts differ, or `source` cannot be read.
    """
    files = RunFolder(Path(folder))
    made = build(RunSettings, require_finished(files)["settings"])
    settings = settings or made.density
    model = _model(files, made, settings)
    corpus = read_input(
        source, replace(reading or CorpusSettings(), strip_markup=made.corpus.strip_markup), made.lang, need_texts=False
    )
    encode_own, texts = _encoder(files), distinct_texts(corpus)
    scores = model.score_samples(encode_own(texts), texts)
    shares = model.novelty(scores)
    outlier = shares >= 1 - settings.contamination
    words = np.full(len(texts), "", dtype=object)
    odd = [texts[int(row)] for row in np.flatnonzero(outlier)]
    explained = odd_words(odd, scores[outlier], model, encode_own)
    words[outlier] = [", ".join(each) for each in explained]
    columns = {"novelty": shares, "score": scores, "outlier": outlier, "words": words}
    blank: dict[str, float | str] = {"novelty": 1, "score": -np.inf, "outlier": True, "words": ""}
    return results_of(corpus, {name: to_rows(corpus, column, blank[name]) for name, column in columns.items()})


def _model(files: RunFolder, made: RunSettings, settings: DensitySettings) -> Novelty:
    """Return the novelty of the run or, with other settings, one that is fitted on its texts."""
    if settings == made.density:
        return Novelty.load(files.path(_FOLDER))
    return _fitted(files, open_corpus(files.corpus), settings, made.seed)


NOVELTY = Head(
    Stage(
        "novelty",
        _measure,
        reads=("corpus", "language_model", "teacher_embeddings", "encoder", "embeddings"),
        writes=(_FOLDER, _TABLE),
        settings=("density", "seed"),
    ),
    table=_TABLE,
    predict=_predict,
)
