"""What lies in the folder of a checkpoint, found out from its JSON files alone: nothing heavy is loaded for it."""

import json
from pathlib import Path
from typing import Any

from textssl.errors import DataError, UsageError

_TOKENIZERS = ("tokenizer.json", "vocab.txt", "vocab.json", "*.model")
_WEIGHTS = ("*.safetensors", "pytorch_model*.bin")
_EITHER = ("bert", "xlm", "electra", "ernie")  # kinds whose models learn either objective


def check_checkpoint(folder: str | Path, objective: str) -> None:
    """Check that a folder can be a checkpoint to start from, as far as its JSON files tell.

    Args:
        folder: of a transformers or SentenceTransformer model.
        objective: what the model is to learn, "mlm" or "clm".

    Raises:
        UsageError: if there is no such folder.
        DataError: if it holds no checkpoint, only a part of one, or one of a model that learns something else.
    """
    path = Path(folder)
    if not path.is_dir():
        raise UsageError(f"--start {folder} is no folder: give the folder of a checkpoint, or none")
    if not (path / "config.json").is_file():
        raise DataError(f"{folder} holds no checkpoint that can learn {objective}: {_what_else(path)}")
    config = _read(path / "config.json")
    if config is None:
        raise DataError(f"{folder} holds no checkpoint that can learn {objective}: its config.json is damaged")
    if not _holds(path, _WEIGHTS):
        raise DataError(f"{folder} holds no checkpoint that can learn {objective}: it has no weights (*.safetensors)")
    if not _holds(path, _TOKENIZERS):
        raise DataError(
            f"{folder} has no tokenizer (tokenizer.json): put the tokenizer there that the model was trained with"
        )
    if objective == "mlm" and _predicts_next(config):
        raise DataError(f"{folder} predicts the next word ({config.get('model_type')}): add --objective clm")


def _predicts_next(config: dict[str, Any]) -> bool:
    """Tell whether a configuration is surely of a model that can predict nothing but the next word."""
    made, kind = "".join(config.get("architectures") or []), str(config.get("model_type", ""))
    causal = made.endswith("ForCausalLM") or ("GPT" in made and made.endswith("LMHeadModel"))
    return causal and (kind.endswith("decoder") or not any(name in kind for name in _EITHER))


def _what_else(path: Path) -> str:
    """Say what a folder without config.json holds, and what to give instead."""
    inside = [config.parent for config in path.glob("*/config.json") if "model_type" in (_read(config) or {})]
    if inside:
        return f"there is a checkpoint in {max(inside, key=_step)}: give that folder"
    if (path / "modules.json").is_file():
        return "it is a SentenceTransformer without a transformer: give it as --encoder"
    if (path / "adapter_config.json").is_file():
        return "it is an adapter without its model: merge them first"
    return "it has no config.json"


def _step(folder: Path) -> tuple[int, str]:
    """Return the number at the end of a name such as checkpoint-500, and the name."""
    number = folder.name.rpartition("-")[2]
    return int(number) if number.isdecimal() else -1, folder.name


def _read(path: Path) -> dict[str, Any] | None:
    try:
        config = json.loads(path.read_text(encoding="utf-8"))
    except ValueError:
        return None
    return config if isinstance(config, dict) else None


def _holds(path: Path, patterns: tuple[str, ...]) -> bool:
    return any(True for pattern in patterns for _ in path.glob(pattern))
