"""Labels as users give them, and as methods read them: numbers of classes, -1 for an unlabelled text."""

from collections.abc import Collection, Sequence
from typing import Any, NamedTuple

import numpy as np

from textssl.errors import DataError
from textssl.language.texts import is_missing

UNLABELLED = -1


class Labels(NamedTuple):
    """The labels of n texts.

    Attributes:
        classes: (k,) the names of the classes, sorted; numbers stay numbers.
        y: int64 (n,), the class of each text, -1 for an unlabelled one; or (n, k) if texts have several labels, 1 for
            each class of a text and 0 for the others, all -1 for an unlabelled one.
    """

    classes: np.ndarray
    y: np.ndarray


def read_labels(labels: Sequence[object], separator: str = "") -> Labels:
    """Return the labels of texts as numbers.

    Args:
        labels: for each text its label, a str or a number; or a list of labels. Empty, None, NaN and -1 mean
            unlabelled.
        separator: if given, a label is split into several at each occurrence. Default "".

    Raises:
        DataError: if no text is labelled, all have the same label, or every class has only one text.
    """
    names = [names_of(label, separator) for label in labels]
    several = bool(separator) or any(isinstance(label, Collection) and not isinstance(label, str) for label in labels)
    classes = _sorted({name for some in names for name in some})
    labelled = np.array([bool(some) for some in names], dtype=bool)
    if not len(classes):
        raise DataError(f"none of {len(names)} texts is labelled: label at least two texts of each class")
    if len(classes) == 1:
        raise DataError(f"all labelled texts have the label {classes[0]!r}: label texts of at least two classes")
    number = {name: place for place, name in enumerate(classes)}
    indicator = np.zeros((len(names), len(classes)), np.int64)
    for row, some in enumerate(names):
        indicator[row, [number[name] for name in some]] = 1
    if indicator.sum(axis=0).max() < 2 or (several and len(classes) > labelled.sum()):
        raise DataError(
            f"{len(classes)} classes for {labelled.sum()} labelled texts: label at least two texts of each class"
        )
    indicator[~labelled] = UNLABELLED
    y = indicator if several else np.where(labelled, indicator.argmax(axis=1), UNLABELLED)
    return Labels(np.array(classes), y)


def is_labelled(y: np.ndarray) -> np.ndarray:
    """Return which texts are labelled, bool (n,), of `y` as in `Labels`."""
    return y[:, 0] != UNLABELLED if y.ndim == 2 else y != UNLABELLED


def targets(y: np.ndarray, n_classes: int) -> np.ndarray:
    """Return 1 for the classes of each text and 0 for others, float64 (n, k); zeros for an unlabelled text."""
    if y.ndim == 2:
        return np.maximum(y, 0).astype(np.float64)
    found = np.zeros((len(y), n_classes))
    labelled = np.flatnonzero(y != UNLABELLED)
    found[labelled, y[labelled]] = 1
    return found


def without(y: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Return `y` with the texts `rows` unlabelled."""
    left = y.copy()
    left[rows] = UNLABELLED
    return left


def names_of(label: Any, separator: str = "") -> list[Any]:
    """Return the labels of a text; none if it is unlabelled."""
    if isinstance(label, str):
        parts = [part.strip() for part in (label.split(separator) if separator else [label])]
    elif isinstance(label, Collection):
        parts = [part for item in label for part in names_of(item, "")]
    else:
        parts = [label.item() if isinstance(label, np.generic) else label]
    return [part for part in parts if not is_missing(part) and part not in (UNLABELLED, str(UNLABELLED))]


def _sorted(names: set[Any]) -> list[Any]:
    """Return names in order, as text if they are not all text or all numbers."""
    try:
        return sorted(names)
    except TypeError:
        raise DataError("labels are partly text and partly numbers: give all of them as text") from None
