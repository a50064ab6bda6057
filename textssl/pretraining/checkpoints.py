"""Check the folder of a checkpoint by its JSON files alone, so that nothing heavy is loaded."""

import json
from pathlib import Path
from typing import Any

from textssl.errors import DataError, UsageError
from textssl.pretraining.objectives.registry import backbone_of, with_backbone

_TOKENIZERS = ("tokenizer.json", "vocab.txt", "vocab.json", "*.model")
_WEIGHTS = ("*.safetensors", "pytorch_model*.bin")
_EITHER = ("bert", "xlm", "electra", "ernie")  # in the model types that can learn masked words and the next word


def check_checkpoint(folder: str | Path, objective: str) -> None:
    """Check that training can start from the checkpoint in a folder, as far as its JSON files show.

    Args:
        folder: of a transformers or SentenceTransformer model.
        objective: the names of one or several training objectives, separated by commas.

    Raises:
        UsageError: if the folder or the objective does not exist.
        DataError: if the folder holds no checkpoint, an incomplete one, or one of a model for another objective.
    """
    causal = backbone_of(objective).causal
    path = Path(folder)
    if not path.is_dir():
        raise UsageError(f"--start {folder} is not a folder: pass the folder of a checkpoint, or none")
    if not (path / "config.json").is_file():
        raise DataError(f"{folder} holds no checkpoint that can learn {objective}: {_what_else(path)}")
    config = _read(path / "config.json")
    if config is None:
        raise DataError(f"{folder} holds no checkpoint that can learn {objective}: its config.json is damaged")
    if not _holds(path, _WEIGHTS):
        raise DataError(f"{folder} holds no checkpoint that can learn {objective}: it has no weights (*.safetensors)")
    if not _holds(path, _TOKENIZERS):
        raise DataError(f"{folder} has no tokenizer (tokenizer.json): copy the tokenizer of the model to it")
    if not causal and _only_causal(config):
        hint = f"add --objective {with_backbone(objective, causal=True)}"
        raise DataError(f"{folder} predicts the next word ({config.get('model_type')}): {hint}")


def _only_causal(config: dict[str, Any]) -> bool:
    """Return whether a configuration is certainly of a model that can predict only the next word."""
    architecture, model_type = "".join(config.get("architectures") or []), str(config.get("model_type", ""))
    causal = architecture.endswith("ForCausalLM") or ("GPT" in architecture and architecture.endswith("LMHeadModel"))
    return causal and (model_type.endswith("decoder") or not any(name in model_type for name in _EITHER))


def _what_else(path: Path) -> str:
    """Describe what a folder without config.json holds, and what to pass instead."""
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
