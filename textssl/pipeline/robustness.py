"""The robustness of a finished run: how often its groups change when the texts are corrupted."""

from collections.abc import Sequence
from pathlib import Path

from textssl.config import build
from textssl.corpus.build import with_labels
from textssl.corpus.corpus import Texts
from textssl.corpus.reading import open_corpus
from textssl.encoder.inference.encode import encode, load_encoder
from textssl.errors import UsageError, lookup
from textssl.evaluation.corruptions.registry import CORRUPTIONS, check_rate
from textssl.evaluation.metrics import matched_clusters
from textssl.evaluation.robustness import Predicted, measure_robustness
from textssl.pipeline.corpus_index import sample_numbers
from textssl.pipeline.groups import GROUPS
from textssl.pipeline.heads import head_columns
from textssl.pipeline.run import report
from textssl.run_folder import RunFolder, require_finished, write_json
from textssl.run_settings import RunSettings


def robustness(
    folder: str | Path,
    corruptions: Sequence[str] | None = None,
    rates: Sequence[float] = (0.05, 0.1, 0.2),
    label_column: str = "",
    *,
    max_texts: int = 2_000,
) -> list[dict[str, str | float]]:
    """Measure how often the groups of a finished run change when its texts are corrupted; add this to its report.

    Args:
        folder: the run.
        corruptions: names of corruptions; see `corrupt`. Default None: all.
        rates: shares of words to corrupt, in (0, 1]. Default 0.05, 0.1 and 0.2.
        label_column: a column of the run's input with known classes. Default "": the label column that the run was
            given, if any.
        max_texts: number of distinct texts, at random, that are corrupted. Default 2,000.

    Returns:
        For each corruption and rate the share of texts whose group changes, the mean cosine to the vector of the text
        as it was and, with known classes, the accuracy: the share of texts in the group that matches their class best.

    Raises:
        DataError: if the folder contains no finished run.
        UsageError: if there is no such corruption or column, or a rate or
            `max_texts` is out of range.
    """
    for name in corruptions or ():
        lookup(CORRUPTIONS, name, "corruption")
    for rate in rates:
        check_rate(rate)
    if max_texts < 1:
        raise UsageError(f"robustness is measured on at least one text, got {max_texts}")
    files = RunFolder(Path(folder))
    manifest = require_finished(files)
    settings = build(RunSettings, manifest["settings"])
    corpus = open_corpus(files.corpus)
    if label_column:
        corpus = with_labels(corpus, label_column)
    rows = corpus.unique_rows[sample_numbers(len(corpus.unique_rows), max_texts, settings.seed)]
    right = None if corpus.labels is None else matched_clusters(head_columns(files)["cluster"], corpus.labels)[rows]
    encoder = load_encoder(files.encoder)

    def predict(texts: Sequence[str]) -> Predicted:
        vectors = encode(encoder, texts, compute=settings.embedding.compute)
        return Predicted(GROUPS.predict(files, vectors, texts)["cluster"], vectors)

    measured = measure_robustness(predict, Texts(corpus, rows), right, corruptions, rates, settings.seed)
    write_json(files.robustness, {"groups": manifest["stages"]["groups"]["key"], "rows": measured})
    report(folder)
    return measured
