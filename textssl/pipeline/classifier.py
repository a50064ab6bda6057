"""Classifiers of texts: an encoder, and what it learned from few labels; fitted, saved, loaded."""

from collections.abc import Sequence
from dataclasses import asdict
from functools import cache
from pathlib import Path
from typing import Self

import numpy as np
from sentence_transformers import SentenceTransformer
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils import Tags
from sklearn.utils.validation import check_is_fitted

from textssl.classification.graph import make_graph
from textssl.classification.inputs import Inputs
from textssl.classification.labels import is_labelled, names_of, read_labels, targets
from textssl.classification.linear import LinearClassifier
from textssl.classification.registry import METHODS
from textssl.classification.selection import Candidate, Learned, learn
from textssl.classification.settings import ClassificationSettings
from textssl.config import build
from textssl.encoder.encoder import TextEncoder
from textssl.encoder.inference.encode import encode, load_encoder
from textssl.errors import DataError, UsageError, nearest
from textssl.estimators.saving import load_estimator, save_estimator
from textssl.language.texts import as_texts
from textssl.progress import without_library_bars
from textssl.run_folder import encoder_folder, read_json, write_json, write_whole

RECORD = "classifier.json"  # by which the folder of a classifier is recognised
_FORMAT = 1  # incremented when the meaning of a file changes
_HEAD, _ENCODER = "classifier.safetensors", "encoder"


class TextClassifier(ClassifierMixin, BaseEstimator):
    """A classifier of texts that learns from few labels and from texts without labels.

    Parameters:
        encoder: folder of a run, of an encoder or of a SentenceTransformer; or a fitted TextEncoder, or a
            SentenceTransformer.
        settings: ClassificationSettings; None takes the defaults. Default None.
        checkpoint: path of a file that an interrupted training resumes from, and that `save` removes; None keeps none.
            Default None.
        random_state: int, seed of folds, groups and training. Default 0.

    Attributes:
        classes_: (k,) the names of the classes, sorted.
        method_: str, the method that was used.
        candidates_: list of `Candidate`, the methods that were compared; empty if the settings name the method.
        notes_: list of str, what to know about the labels.

    Example:
        >>> from textssl import TextClassifier, TextEncoder
        >>> texts = ["a red fox", "a red dog", "one blue boat", "one blue ship", "the red fox", "the blue ship"]
        >>> classifier = TextClassifier(TextEncoder(dimensions=2).fit(texts))
        >>> classifier.fit(texts, ["animal", "animal", "thing", "thing", None, None]).predict(["fox", "ship"]).tolist()
        ['animal', 'thing']
    """

    def __init__(
        self,
        encoder: str | Path | TextEncoder | SentenceTransformer | None = None,
        settings: ClassificationSettings | None = None,
        checkpoint: str | Path | None = None,
        random_state: int = 0,
    ) -> None:
        self.encoder = encoder
        self.settings = settings
        self.checkpoint = checkpoint
        self.random_state = random_state

    def fit(self, texts: Sequence[str], y: Sequence[object], vectors: np.ndarray | None = None) -> Self:
        """Learn from texts, of which some are labelled.

        Args:
            texts: list or other collection of str.
            y: the label of each text, or a list of labels; empty, None, NaN or -1 for an unlabelled text.
            vectors: (n, d), the vectors of the texts by the encoder; None computes them. Default None.

        Raises:
            DataError: if there are too few labels, the encoder cannot be loaded, or the vectors are not of its width.
        """
        inputs = self.prepare(texts, y, vectors)
        return self.set_learned(learn(inputs), inputs)

    def predict_proba(self, texts: Sequence[str]) -> np.ndarray:
        """Return the calibrated probability of each class, float64 (n, k); each of its own if texts have several.

        Args:
            texts: list or other collection of str. A text without a known word gets the probabilities of any text.
        """
        vectors = encode(self.sentence_transformer, texts)
        if not len(vectors):  # which validation refuses
            return np.empty((0, len(self.classes_)))
        return self._classifier.predict_proba(vectors)

    def predict(self, texts: Sequence[str]) -> np.ndarray:
        """Return the class of each text, (n,); if texts have several, an object array of lists of classes.

        Args:
            texts: list or other collection of str.
        """
        likely = self.predict_proba(texts)
        if not self.multi_label:
            return self.classes_[likely.argmax(axis=1)]
        found = np.empty(len(likely), dtype=object)
        found[:] = [self.classes_[row > 0.5].tolist() for row in likely]
        return found

    def score(self, X: Sequence[str], y: Sequence[object], sample_weight: None = None) -> float:
        """Return the share of the labelled texts whose classes are found exactly.

        Args:
            X: list or other collection of str.
            y: the labels of the texts, as in `fit`; unlabelled texts do not count.
            sample_weight: not used.

        Raises:
            DataError: if no text is labelled, or a label is not a class of this classifier.
        """
        wanted = [set(names_of(label, self._settings.label_separator)) for label in y]
        known = self.classes_.tolist()
        unknown = sorted(str(name) for name in set().union(*wanted) - set(known))
        if unknown:
            raise DataError(
                f"{unknown[0]!r} is not a class of this classifier{nearest(unknown[0], known)}: leave out its texts, "
                "or fit a classifier with labelled texts of it"
            )
        if not any(wanted):
            raise DataError(f"none of {len(wanted)} texts is labelled: there is nothing to score")
        found = [set(each) if self.multi_label else {each} for each in self.predict(X).tolist()]
        return float(np.mean([each == names for each, names in zip(found, wanted, strict=True) if names]))

    @property
    def multi_label(self) -> bool:
        """Whether texts may have several classes."""
        check_is_fitted(self, "classes_")
        return self._classifier.multi_label_.item()

    @property
    def sentence_transformer(self) -> SentenceTransformer:
        """The encoder as a SentenceTransformer."""
        check_is_fitted(self, "classes_")
        return self._encoder

    def save(self, folder: str | Path) -> None:
        """Write the encoder, which loads as a SentenceTransformer, the classifier of its vectors, and a record.

        Args:
            folder: the folder; a classifier saved there before is replaced.
        """
        write_whole(Path(folder), self.write)
        if self.checkpoint:
            Path(self.checkpoint).unlink(missing_ok=True)

    @without_library_bars()
    def write(self, folder: Path) -> None:
        """Write the files of `save`, not atomically.

        Args:
            folder: a new folder.
        """
        self.sentence_transformer.save(str(folder / _ENCODER), create_model_card=False)
        save_estimator(self._classifier, folder / _HEAD, METHODS)
        record = {
            "format": _FORMAT,
            "classes": self.classes_.tolist(),
            "method": self.method_,
            "candidates": [asdict(each) for each in self.candidates_],
            "notes": self.notes_,
            "settings": asdict(self._settings),
            "random_state": self.random_state,
        }
        write_json(folder / RECORD, record)

    @classmethod
    def load(cls, folder: str | Path) -> Self:
        """Load what `save` wrote; it predicts the same, and no code in the folder is executed.

        Args:
            folder: the folder.

        Raises:
            DataError: if the folder holds no classifier, or a damaged one.
        """
        path = Path(folder)
        if not (path / RECORD).is_file():
            raise DataError(f"{folder} holds no classifier (no {RECORD}): make one with textssl classify")
        record = read_json(path / RECORD)
        if not isinstance(record, dict) or record.get("format") != _FORMAT:
            raise DataError(f"{folder} has another format, expected format {_FORMAT}: fit the classifier again")
        settings = build(ClassificationSettings, record["settings"])
        loaded = cls(path / _ENCODER, settings, random_state=record["random_state"])
        loaded.method_, loaded.notes_ = record["method"], record["notes"]
        loaded.candidates_ = [Candidate(**each) for each in record["candidates"]]
        classifier = load_estimator(path / _HEAD, METHODS, LinearClassifier)
        loaded._set(load_encoder(path / _ENCODER), classifier, np.array(record["classes"]))
        return loaded

    def prepare(self, texts: Sequence[str], y: Sequence[object], vectors: np.ndarray | None = None) -> Inputs:
        """Return what `fit` learns from: each distinct text once, with the label of its first labelled row.

        Args:
            texts: as in `fit`.
            y: as in `fit`.
            vectors: as in `fit`.
        """
        texts, labels, settings = as_texts(texts), list(y), self._settings
        if len(texts) != len(labels):
            raise DataError(f"got {len(labels)} labels for {len(texts)} texts: give one for each text")
        rows = _distinct_rows(texts, [bool(names_of(label)) for label in labels])
        found = read_labels([labels[row] for row in rows], settings.label_separator)
        encoder = _encoder_of(self.encoder)
        distinct = [texts[row] for row in rows]
        vectors = encode(encoder, distinct) if vectors is None else np.asarray(vectors)[rows]
        width = encoder.get_embedding_dimension()
        if vectors.shape[1:] != (width,):
            raise DataError(
                f"vectors have shape {vectors.shape}, the encoder makes {width} dimensions: give the vectors it makes"
            )
        arguments = (is_labelled(found.y), settings.neighbors, settings.max_texts, self.random_state)
        return Inputs(
            texts=distinct,
            rows=rows,
            vectors=vectors,
            classes=found.classes,
            y=found.y,
            encoder=encoder,
            encode=encode,
            graph=cache(lambda: make_graph(vectors, *arguments)),
            settings=settings,
            seed=self.random_state,
            checkpoint=Path(self.checkpoint) if self.checkpoint else None,
        )

    def set_learned(self, learned: Learned, inputs: Inputs) -> Self:
        """Set the fitted state.

        Args:
            learned: what was learned.
            inputs: from what.
        """
        self.method_, self.candidates_, self.notes_ = learned.method, learned.candidates, _notes(inputs)
        return self._set(learned.fitted.encoder or inputs.encoder, learned.fitted.classifier, inputs.classes)

    @property
    def _settings(self) -> ClassificationSettings:
        return self.settings or ClassificationSettings()

    def _set(self, encoder: SentenceTransformer, classifier: LinearClassifier, classes: np.ndarray) -> Self:
        if classifier.n_features_in_ != encoder.get_embedding_dimension():
            raise DataError(
                f"the classifier reads vectors of {classifier.n_features_in_} dimensions, its encoder makes "
                f"{encoder.get_embedding_dimension()}: fit the classifier again"
            )
        self._encoder, self._classifier, self.classes_ = encoder, classifier, classes
        return self

    def __sklearn_tags__(self) -> Tags:
        """Tell scikit-learn that the input is texts."""
        tags = super().__sklearn_tags__()
        tags.input_tags.string, tags.input_tags.two_d_array = True, False
        tags.classifier_tags.multi_label = True
        return tags


def fit_classifier(
    encoder: str | Path | TextEncoder | SentenceTransformer,
    texts: Sequence[str],
    labels: Sequence[object],
    settings: ClassificationSettings | None = None,
    seed: int = 0,
) -> TextClassifier:
    """Learn to classify texts from few labels and from all texts.

    Args:
        encoder: folder of a run, of an encoder or of a SentenceTransformer; or a fitted TextEncoder, or a
            SentenceTransformer.
        texts: list or other collection of str.
        labels: the label of each text, or a list of labels; empty, None, NaN or -1 for an unlabelled text, which is
            learned from, too.
        settings: see ClassificationSettings; None takes the defaults.
        seed: the random seed.

    Raises:
        DataError: if there are too few labels, or the encoder cannot be loaded.
    """
    return TextClassifier(encoder, settings, random_state=seed).fit(texts, labels)


def load_classifier(folder: str | Path) -> TextClassifier:
    """Load a classifier that `TextClassifier.save` or ``textssl classify`` wrote; no code in the folder is executed.

    Args:
        folder: the folder of the classifier.

    Raises:
        DataError: if the folder holds no classifier, or a damaged one.
    """
    return TextClassifier.load(folder)


def _encoder_of(given: str | Path | TextEncoder | SentenceTransformer | None) -> SentenceTransformer:
    if given is None:
        raise UsageError("a TextClassifier needs an encoder, got none: give the folder of a run or of an encoder")
    if isinstance(given, TextEncoder):
        return given.sentence_transformer
    return given if isinstance(given, SentenceTransformer) else load_encoder(encoder_folder(given))


def _distinct_rows(texts: Sequence[str], labelled: Sequence[bool]) -> np.ndarray:
    """Return a row of each distinct text that is not blank, ascending: the first that is labelled, or the first."""
    first: dict[str, int] = {}
    for row, text in enumerate(texts):
        if text.strip() and (text not in first or labelled[row] > labelled[first[text]]):
            first[text] = row
    return np.array(sorted(first.values()), dtype=int)


def _notes(inputs: Inputs) -> list[str]:
    """Return what to know about the labels."""
    labelled = is_labelled(inputs.y)
    notes = [f"learned from {labelled.sum():,} labelled and {(~labelled).sum():,} unlabelled texts"]
    counts = targets(inputs.y, len(inputs.classes)).sum(axis=0)
    single = [str(name) for name in inputs.classes[counts == 1]]
    if single:
        shown = ", ".join(map(repr, single[:5])) + (" …" if len(single) > 5 else "")
        notes.append(
            f"{len(single)} of {len(inputs.classes)} classes have one labelled text, so cross-validation says nothing "
            f"of them: label a second text of {shown}"
        )
    return notes
