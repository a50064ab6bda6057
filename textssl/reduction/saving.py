"""Saving and loading of fitted reducers."""

from pathlib import Path

from textssl.estimators.saving import load_estimator, save_estimator
from textssl.reduction.base import Reducer
from textssl.reduction.registry import REDUCERS


def save_reducer(reducer: Reducer, path: str | Path) -> None:
    """Save a fitted reducer to one safetensors file.

    Args:
        reducer: of a class in the registry `REDUCERS`.
        path: the file to write.

    Raises:
        UsageError: if the class is not in the registry.
        DataError: if the file cannot be written.
    """
    save_estimator(reducer, Path(path), REDUCERS)


def load_reducer(path: str | Path) -> Reducer:
    """Load a reducer; it places vectors where it did before it was saved.

    Args:
        path: the file that `save_reducer` wrote.

    Raises:
        DataError: if the file is missing, damaged, or not a reducer.
    """
    return load_estimator(Path(path), REDUCERS, Reducer)
