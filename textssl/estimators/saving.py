"""A fitted estimator as one safetensors file: its arrays, and its name, parameters and notes as JSON metadata."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar, Protocol, TypeVar

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted

from textssl.errors import DataError, UsageError
from textssl.run_folder import write_whole


class Stored(BaseEstimator):
    """Base class of the estimators that are saved; a subclass lists the arrays of its fitted state in `STATE`.

    Attributes:
        n_features_in_: int, the number of dimensions of the vectors.
        notes_: tuple of str, sentences on what was done to the data.
    """

    STATE: ClassVar[tuple[str, ...]] = ()

    n_features_in_: int
    notes_: tuple[str, ...] = ()

    def fitted_state(self) -> dict[str, np.ndarray]:
        """Return the arrays of the fitted state by name."""
        return {name: np.asarray(getattr(self, name)) for name in self.STATE}

    def set_fitted_state(self, arrays: Mapping[str, np.ndarray]) -> None:
        """Set the fitted state to what `fitted_state` returned.

        Raises:
            KeyError: if an array is missing.
        """
        for name in self.STATE:
            setattr(self, name, arrays[name])


S = TypeVar("S", bound=Stored)


class HasEstimator(Protocol):
    """An entry of a registry of estimators."""

    @property
    def estimator(self) -> type[Stored]:
        """The class of the estimator."""


def save_estimator(estimator: Stored, path: Path, registry: Mapping[str, HasEstimator]) -> None:
    """Save a fitted estimator to one file.

    Args:
        estimator: of a class in `registry`.
        path: the file to write.
        registry: the entries by the name that identifies the class in the file.

    Raises:
        UsageError: if the class is not in the registry.
        DataError: if the file cannot be written.
    """
    check_is_fitted(estimator)
    names = [name for name, entry in registry.items() if entry.estimator is type(estimator)]
    if not names:
        raise UsageError(f"{type(estimator).__name__} is not registered: add its entry to the registry")
    described = {"method": names[0], "params": estimator.get_params(), "notes": estimator.notes_}
    metadata = {"estimator": json.dumps(described)}  # one entry: safetensors writes several in any order
    arrays = {name: np.asarray(array, order="C") for name, array in estimator.fitted_state().items()}
    arrays["n_features_in_"] = np.array([estimator.n_features_in_])
    write_whole(path, lambda part: save_file(arrays, part, metadata))


def load_estimator(path: Path, registry: Mapping[str, HasEstimator], kind: type[S]) -> S:
    """Load an estimator; it predicts the same as before it was saved.

    Args:
        path: the file that `save_estimator` wrote.
        registry: the entries that it may be of.
        kind: the base class of the estimators in the registry; its name, in lower case, stands in messages.

    Raises:
        DataError: if the file is missing, damaged, or holds no such estimator.
    """
    try:
        with safe_open(path, "numpy") as file:
            described = json.loads((file.metadata() or {})["estimator"])
            arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (a file is no dict)
        params = {name: tuple(v) if isinstance(v, list) else v for name, v in described["params"].items()}
        estimator = registry[described["method"]].estimator().set_params(**params)
        estimator.set_fitted_state(arrays)
        estimator.n_features_in_ = int(arrays["n_features_in_"][0])
        estimator.notes_ = tuple(described["notes"])
    except OSError as error:
        raise DataError(f"cannot read {path}: {error.strerror or error}") from None
    except (SafetensorError, KeyError, ValueError, TypeError):
        name = kind.__name__.lower()
        raise DataError(f"{path} is damaged or not a {name} of textssl: fit the {name} again") from None
    assert isinstance(estimator, kind)
    return estimator
