"""From a run and a few labelled texts to the folder of a classifier, and from that to the classes of new texts."""

import time
from dataclasses import asdict, replace
from hashlib import blake2b
from pathlib import Path

import numpy as np
import pyarrow as pa

from textssl.classification.evaluation import class_scores, confusion, learning_curve, suspicious_labels
from textssl.classification.inputs import Inputs
from textssl.classification.labels import is_labelled
from textssl.classification.registry import METHODS
from textssl.classification.selection import Learned, learn
from textssl.corpus.corpus import Corpus
from textssl.corpus.reading import TextSource, open_corpus
from textssl.corpus.settings import CorpusSettings
from textssl.encoder.inference.encode import encode
from textssl.errors import UsageError
from textssl.pipeline.classifier import RECORD, TextClassifier, load_classifier
from textssl.pipeline.corpus_index import all_texts, results_of, sample_numbers
from textssl.pipeline.reading import read_input
from textssl.reporting.classifier import ClassifierContext, classifier_report
from textssl.reporting.html import write_html
from textssl.reporting.report import Report
from textssl.reporting.terminal import format_terminal
from textssl.results import Results
from textssl.run_folder import RunFolder, discard, encoder_folder, require_finished, write_whole
from textssl.run_settings import RunSettings

_WIDTH = 100  # columns of report.txt
_SEPARATOR = "; "  # of the classes of a text


def classify(
    run: str | Path, source: TextSource, out: str | Path, settings: RunSettings | None = None
) -> TextClassifier:
    """Learn to classify texts from a few labelled ones and all texts of a run; write the classifier and its report.

    Args:
        run: the folder of a finished run, whose texts are learned from without labels; or of an encoder.
        source: the labelled texts, any source that `read_corpus` reads; texts without a label count as unlabelled.
        out: a new folder, or that of a classifier to replace.
        settings: `classification`, `corpus` with the label column, `lang` and `seed`; None takes the defaults.

    Raises:
        DataError: if there are too few labels, or the run is not finished.
        UsageError: if no label column is named, or `out` holds something else.
    """
    settings, out = settings or RunSettings(), Path(out)
    _check_out(out)
    if not settings.corpus.label_column:
        raise UsageError("no column of labels is named: give --label-column, the column with the classes")
    started = time.monotonic()
    corpus = read_input(source, settings.corpus, settings.lang)
    classifier = TextClassifier(run, settings.classification, random_state=settings.seed)
    inputs = classifier.prepare(*_with_texts_of(run, corpus, settings))
    checkpoint = _checkpoint(out, inputs)
    learned = learn(replace(inputs, checkpoint=checkpoint))
    classifier.set_learned(learned, inputs)
    report = _report(corpus.name, classifier, inputs, learned, started)

    def write(part: Path) -> None:
        part.mkdir()
        classifier.write(part)
        write_html(report, part / "report.html")
        (part / "report.txt").write_text(format_terminal(report, _WIDTH), encoding="utf-8")

    write_whole(out, write)
    discard([checkpoint])
    return classifier


def predict_classes(folder: str | Path, source: TextSource, settings: CorpusSettings | None = None) -> Results:
    """Return the class of each text of `source` by a classifier.

    Args:
        folder: the classifier.
        source: any source that `read_corpus` reads; it may have no texts.
        settings: columns and unit of the source; None takes the defaults.

    Returns:
        A table with the columns row, class, probability, second_class, second_probability and text, and the other
        columns of `source`. Where texts may have several classes, class lists all of them, and probability is that of
        the most likely. A blank text has no class and probability 0.

    Raises:
        DataError: if the folder holds no classifier, or `source` cannot be read.
    """
    classifier = load_classifier(folder)
    corpus = read_input(source, settings or CorpusSettings(), "en", need_texts=False)
    texts = all_texts(corpus)
    likely = classifier.predict_proba(texts)
    order = np.argsort(-likely, axis=1, kind="stable")[:, :2]
    first, second = (np.take_along_axis(likely, order, axis=1) if len(likely) else np.empty((0, 2))).T
    names = classifier.classes_.astype(str).astype(object)[order].reshape(-1, 2)
    if classifier.multi_label:
        found = classifier.predict(texts)
        names[:, 0] = [_SEPARATOR.join(map(str, each)) for each in found]
    blank = np.array([not text for text in texts], dtype=bool)
    names[blank], first[blank], second[blank] = None, 0, 0
    columns = {
        "class": pa.array(names[:, 0], pa.string()),
        "probability": first.astype(np.float32),
        "second_class": pa.array(names[:, 1], pa.string()),
        "second_probability": second.astype(np.float32),
    }
    return results_of(corpus, columns)


def _check_out(out: Path) -> None:
    """Raise UsageError unless `out` is new, empty, or the folder of a classifier."""
    if out.is_file():
        raise UsageError(f"{out} is a file: --out expects a folder")
    if out.is_dir() and any(out.iterdir()) and not (out / RECORD).exists():
        raise UsageError(f"{out} is not empty and contains no classifier: choose another --out")


def _checkpoint(out: Path, inputs: Inputs) -> Path:
    """Return the file that an interrupted training of the same inputs resumes from."""
    identity = blake2b(repr((inputs.settings, inputs.seed, inputs.classes.tolist())).encode(), digest_size=8)
    for array in (inputs.vectors, inputs.y):
        identity.update(np.ascontiguousarray(array).data)
    return out.with_name(f"{out.name}.{identity.hexdigest()}.checkpoint")


def _with_texts_of(
    run: str | Path, corpus: Corpus, settings: RunSettings
) -> tuple[list[str], list[str | None], np.ndarray | None]:
    """Return the texts and labels of a corpus, followed by the texts of a run without labels, and their vectors.

    The vectors that the run has are not computed again.
    """
    texts, labels = list(all_texts(corpus)), corpus.labels or [None] * len(corpus)
    files = RunFolder(Path(run))
    if not files.manifest.exists():
        return texts, labels, None
    require_finished(files)
    of_run, embeddings = open_corpus(files.corpus), np.load(files.embeddings, mmap_mode="r")
    rows = of_run.unique_rows[sample_numbers(len(of_run.unique_rows), settings.classification.max_texts, settings.seed)]
    unlabelled = of_run.texts(rows)
    place = dict(zip(unlabelled, rows.tolist(), strict=True))
    new = [text for text in dict.fromkeys(texts) if text not in place]
    encoded = dict(zip(new, encode(encoder_folder(run), new), strict=True))
    vectors = [encoded[text] if text in encoded else embeddings[place[text]] for text in texts]
    return texts + unlabelled, labels + [None] * len(rows), np.vstack([*vectors, embeddings[rows]])


def _report(name: str, classifier: TextClassifier, inputs: Inputs, learned: Learned, started: float) -> Report:
    held_out, entry = learned.held_out, METHODS[learned.method]
    several, wrong = held_out.multi_label, [] if held_out.multi_label else suspicious_labels(held_out)
    notes = list(classifier.notes_)
    if entry.trains_encoder:  # too slow to train at every size
        first, entry = next(iter(METHODS.items()))
        notes.append(f"the accuracy by number of labels is that of {first}")
    names = [str(name) for name in classifier.classes_]
    return classifier_report(
        ClassifierContext(
            title=name,
            classes=names,
            accuracy=float(held_out.correct.mean()),
            notes=notes,
            facts=[
                ("Method", learned.method),
                ("Labelled texts", int(is_labelled(inputs.y).sum())),
                ("Unlabelled texts", int((~is_labelled(inputs.y)).sum())),
                ("Seed", inputs.seed),
                ("Seconds", round(time.monotonic() - started, 1)),
            ],
            methods=[asdict(each) for each in learned.candidates],
            curve={} if several else learning_curve(entry, inputs),
            scores=[asdict(each) for each in class_scores(held_out)],
            confusion=confusion(held_out),
            suspicious=[
                (
                    int(inputs.rows[each.row]),
                    inputs.texts[each.row],
                    names[each.label],
                    names[each.found],
                    each.probability,
                )
                for each in wrong
            ],
        )
    )
