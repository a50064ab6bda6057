"""What every method is fitted with, and what it returns."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from sentence_transformers import SentenceTransformer

from textssl.classification.graph import Graph
from textssl.classification.linear import LinearClassifier
from textssl.classification.settings import ClassificationSettings

Encode = Callable[[SentenceTransformer, Sequence[str]], np.ndarray]


@dataclass(frozen=True, eq=False)
class Inputs:
    """Texts, labelled or not, their vectors and their encoder.

    Attributes:
        texts: n distinct texts.
        rows: (n,) their rows in the input.
        vectors: float32 (n, d), by the encoder.
        classes: (k,) the classes.
        y: the classes of the texts as numbers, -1 for an unlabelled text; see `Labels`.
        encoder: the encoder; a method that trains it works on a copy.
        encode: returns the vectors of texts, (n, d), by an encoder; see `textssl.encode`.
        graph: returns the graph of the texts, computed once for all folds.
        settings: see ClassificationSettings.
        seed: the random seed.
        checkpoint: the file that an interrupted training resumes from; None keeps none.
    """

    texts: Sequence[str]
    rows: np.ndarray
    vectors: np.ndarray
    classes: np.ndarray
    y: np.ndarray
    encoder: SentenceTransformer
    encode: Encode
    graph: Callable[[], Graph]
    settings: ClassificationSettings
    seed: int
    checkpoint: Path | None = None


@dataclass(frozen=True)
class Fitted:
    """A fitted classifier of vectors, and the encoder that it reads.

    Attributes:
        classifier: classifies vectors of the encoder.
        encoder: the trained encoder; None if it is that of the inputs.
    """

    classifier: LinearClassifier
    encoder: SentenceTransformer | None = None

    def scores(self, inputs: Inputs, rows: np.ndarray) -> np.ndarray:
        """Return the scores of the classes, (m, k), of m of the texts."""
        if self.encoder is None:
            return self.classifier.scores(inputs.vectors[rows])
        return self.classifier.scores(inputs.encode(self.encoder, [inputs.texts[int(row)] for row in rows]))
