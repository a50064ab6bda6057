"""The robustness of a finished run or of a classifier: how often its groups or classes change with corrupted texts."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from textssl.config import build
from textssl.corpus.build import with_labels
from textssl.corpus.corpus import Corpus, Texts
from textssl.corpus.reading import TextSource, open_corpus
from textssl.corpus.settings import CorpusSettings
from textssl.encoder.inference.encode import encode, load_encoder
from textssl.errors import UsageError, lookup
from textssl.evaluation.corruptions.registry import CORRUPTIONS, check_rate
from textssl.evaluation.metrics import matched_clusters
from textssl.evaluation.robustness import Predicted, measure_robustness
from textssl.pipeline.classifier import RECORD, load_classifier
from textssl.pipeline.corpus_index import sample_numbers
from textssl.pipeline.groups import GROUPS
from textssl.pipeline.heads import head_columns
from textssl.pipeline.reading import read_input
from textssl.pipeline.run import report
from textssl.run_folder import RunFolder, require_finished, write_json
from textssl.run_settings import RunSettings


def robustness(
    folder: str | Path,
    source: TextSource | None = None,
    corruptions: Sequence[str] | None = None,
    rates: Sequence[float] = (0.05, 0.1, 0.2),
    settings: CorpusSettings | None = None,
    *,
    max_texts: int = 2_000,
) -> list[dict[str, str | float]]:
    """Measure how often the groups of a run, or the classes of a classifier, change when texts are corrupted.

    What was measured of a run is added to its report.

    Args:
        folder: a finished run, or a classifier.
        source: the texts for a classifier, any source that `read_corpus` reads; None for a run, which has its own.
        corruptions: names of corruptions; see `corrupt`. Default None: all.
        rates: shares of words to corrupt, in (0, 1]. Default 0.05, 0.1 and 0.2.
        settings: columns and unit of `source`; of a run, the label column alone counts. None takes the defaults.
        max_texts: number of distinct texts, at random, that are corrupted. Default 2,000.

    Returns:
        For each ``corruption`` and ``rate`` the share ``changed`` of the texts whose group or class changes; of a run
        the mean ``cosine`` to the vector of the text as it was; and with known classes ``clean_accuracy`` and
        ``accuracy``, the share of texts in the right class, or in the group that matches their class best.

    Raises:
        DataError: if the folder contains no finished run and no classifier.
        UsageError: if there is no such corruption or column, a rate or `max_texts` is out of range, or a source is
            missing or not needed.
    """
    for name in corruptions or ():
        lookup(CORRUPTIONS, name, "corruption")
    for rate in rates:
        check_rate(rate)
    if max_texts < 1:
        raise UsageError(f"robustness is measured on at least one text, got {max_texts}")
    settings, is_classifier = settings or CorpusSettings(), (Path(folder) / RECORD).is_file()
    if is_classifier and source is None:
        raise UsageError(f"{folder} is a classifier and has no texts: name texts to corrupt")
    if source is not None and not is_classifier:
        raise UsageError(f"{folder} is no classifier: a run is measured on its own texts, leave the input out")
    if source is not None:
        return _of_classifier(Path(folder), source, corruptions, rates, settings, max_texts)
    return _of_run(RunFolder(Path(folder)), corruptions, rates, settings.label_column, max_texts)


def _of_run(
    files: RunFolder, corruptions: Sequence[str] | None, rates: Sequence[float], label_column: str, max_texts: int
) -> list[dict[str, str | float]]:
    manifest = require_finished(files)
    settings = build(RunSettings, manifest["settings"])
    corpus = open_corpus(files.corpus)
    if label_column:
        corpus = with_labels(corpus, label_column)
    rows = _sample(corpus, max_texts, settings.seed)
    right = None if corpus.labels is None else matched_clusters(head_columns(files)["cluster"], corpus.labels)[rows]
    encoder = load_encoder(files.encoder)

    def predict(texts: Sequence[str]) -> Predicted:
        vectors = encode(encoder, texts, compute=settings.embedding.compute)
        return Predicted(GROUPS.predict(files, vectors, texts)["cluster"], vectors)

    measured = measure_robustness(predict, Texts(corpus, rows), right, corruptions, rates, settings.seed)
    write_json(files.robustness, {"groups": manifest["stages"]["groups"]["key"], "rows": measured})
    report(files.root)
    return measured


def _of_classifier(
    folder: Path,
    source: TextSource,
    corruptions: Sequence[str] | None,
    rates: Sequence[float],
    settings: CorpusSettings,
    max_texts: int,
) -> list[dict[str, str | float]]:
    """Measure a classifier by the most likely class of each text."""
    classifier = load_classifier(folder)
    corpus = read_input(source, settings, "en")
    rows = _sample(corpus, max_texts, seed=0)
    right = None
    if corpus.labels is not None and not classifier.multi_label:
        numbers = {name: number for number, name in enumerate(classifier.classes_.astype(str).tolist())}
        right = np.array([-1 if label is None else numbers.get(label, -2) for label in corpus.labels])[rows]

    def predict(texts: Sequence[str]) -> Predicted:
        return Predicted(classifier.predict_proba(texts).argmax(axis=1))

    return measure_robustness(predict, Texts(corpus, rows), right, corruptions, rates)


def _sample(corpus: Corpus, max_texts: int, seed: int) -> np.ndarray:
    """Return the rows of at most `max_texts` distinct texts, at random."""
    return corpus.unique_rows[sample_numbers(len(corpus.unique_rows), max_texts, seed)]
