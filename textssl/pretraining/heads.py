"""The heads of the pretext tasks of a language model, and the file they are saved in."""

from collections.abc import Mapping
from pathlib import Path

from safetensors import SafetensorError
from safetensors.torch import load_file, save_file

from textssl.errors import DataError
from textssl.pretraining.objectives.heads import Head
from textssl.pretraining.objectives.registry import pretexts

_FILE = "heads.safetensors"


def new_heads(objective: str, width: int) -> dict[str, Head]:
    """Return a head with random weights for each pretext task, by name.

    Args:
        objective: the names of one or several objectives, separated by commas.
        width: of the backbone.
    """
    return {name: pretext.head(width) for name, pretext in pretexts(objective).items()}


def restore_heads(heads: Mapping[str, Head], folder: str | Path) -> list[str]:
    """Load the weights of the heads that a folder holds; return the names of those that it does not hold.

    Raises:
        DataError: if their file is damaged, or of heads of another shape.
    """
    path, missing = Path(folder) / _FILE, []
    try:
        found = load_file(path) if path.exists() else {}
        for name, head in heads.items():
            weights = {key: found[f"{name}.{key}"] for key in head.state_dict() if f"{name}.{key}" in found}
            if weights:
                head.load_state_dict(weights)
            else:
                missing.append(name)
    except (SafetensorError, RuntimeError) as error:
        raise DataError(f"{path} is damaged ({str(error).splitlines()[0]}): train the language model again") from None
    return missing


def save_heads(heads: Mapping[str, Head], folder: Path) -> None:
    """Write the weights of the heads to a folder, if there are any."""
    weights = {f"{name}.{key}": value for name, head in heads.items() for key, value in head.state_dict().items()}
    if weights:
        save_file(weights, folder / _FILE)
