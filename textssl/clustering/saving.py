"""A fitted clusterer as one safetensors file: its arrays, and its method, parameters and notes as JSON metadata."""

import json
from pathlib import Path

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file
from sklearn.utils.validation import check_is_fitted

from textssl.clustering.base import Clusterer
from textssl.clustering.calibration import Calibration
from textssl.clustering.registry import CLUSTERERS
from textssl.errors import DataError, UsageError
from textssl.run_folder import write_whole

_CALIBRATION = "calibration_."


def save_clusterer(clusterer: Clusterer, path: str | Path) -> None:
    """Save a fitted clusterer to one file.

    Args:
        clusterer: of a class in the registry `CLUSTERERS`.
        path: the file to write.

    Raises:
        UsageError: if the class is not in the registry.
        DataError: if the file cannot be written.
    """
    check_is_fitted(clusterer)
    methods = [name for name, entry in CLUSTERERS.items() if entry.estimator is type(clusterer)]
    if not methods:
        raise UsageError(f"{type(clusterer).__name__} is not a registered clusterer: add its entry to CLUSTERERS")
    described = {"method": methods[0], "params": clusterer.get_params(), "notes": clusterer.notes_}
    metadata = {"clusterer": json.dumps(described)}  # one entry: safetensors writes several in any order
    arrays = {name: np.ascontiguousarray(getattr(clusterer, name)) for name in clusterer.STATE}
    arrays["n_features_in_"] = np.array([clusterer.n_features_in_])
    if clusterer.calibration_ is not None:
        arrays |= {f"{_CALIBRATION}{name}": array for name, array in vars(clusterer.calibration_).items()}
    write_whole(Path(path), lambda part: save_file(arrays, part, metadata))


def load_clusterer(path: str | Path) -> Clusterer:
    """Load a clusterer; it predicts the same labels as before it was saved.

    Args:
        path: the file that `save_clusterer` wrote.

    Raises:
        DataError: if the file is missing, damaged, or not a clusterer.
    """
    try:
        with safe_open(path, "numpy") as file:
            described = json.loads((file.metadata() or {})["clusterer"])
            arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (a file is no dict)
        params = {name: tuple(v) if isinstance(v, list) else v for name, v in described["params"].items()}
        clusterer = CLUSTERERS[described["method"]].estimator().set_params(**params)
        for name in clusterer.STATE:
            setattr(clusterer, name, arrays[name])
        clusterer.n_features_in_ = int(arrays["n_features_in_"][0])
        clusterer.notes_ = tuple(described["notes"])
        calibrated = {name.removeprefix(_CALIBRATION): arrays[name] for name in arrays if _CALIBRATION in name}
        clusterer.calibration_ = Calibration(**calibrated) if calibrated else None
    except OSError as error:
        raise DataError(f"cannot read {path}: {error.strerror or error}") from None
    except (SafetensorError, KeyError, ValueError, TypeError):
        raise DataError(f"{path} is damaged or not a clusterer of textssl: cluster again to write a new one") from None
    return clusterer
