"""What a run or a classifier says of new texts."""

from pathlib import Path

from textssl.corpus.reading import TextSource
from textssl.corpus.settings import CorpusSettings
from textssl.errors import DataError
from textssl.pipeline.classifier import RECORD
from textssl.pipeline.classify import predict_classes
from textssl.pipeline.results import predict_clusters
from textssl.results import Results
from textssl.run_folder import RunFolder


def predict(folder: str | Path, source: TextSource, settings: CorpusSettings | None = None) -> Results:
    """Assign each text of `source` to a cluster of a finished run, or to a class of a classifier.

    Args:
        folder: the run or the classifier.
        source: any source that `read_corpus` reads; it may have no texts.
        settings: columns and unit of the source; None takes the defaults.

    Returns:
        Of a run, see `predict_clusters`, a table with the columns row, cluster, probability, second_cluster,
        second_probability and text; of a classifier, see `predict_classes`, one with class and second_class instead of
        the clusters. Then the other columns of `source`; one row per row of `source`.

    Raises:
        DataError: if the folder is neither, the run is not finished, or `source` cannot be read.
    """
    files = RunFolder(Path(folder))
    if (files.root / RECORD).is_file():
        return predict_classes(folder, source, settings)
    if not files.manifest.exists():
        raise DataError(
            f"{folder} contains no run (no manifest.json) and no classifier (no {RECORD}): give the folder of one"
        )
    return predict_clusters(folder, source, settings)
