"""What every form is made from."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from torch import nn

from textssl.encoder.settings import EmbeddingSettings
from textssl.language.tokens import Tokens


@dataclass(frozen=True)
class FormInputs:
    """The texts and the settings that an encoder is fitted with.

    Attributes:
        tokens: of the texts, with their tokenizer.
        settings: see EmbeddingSettings.
        sif_a: of the token weights, "auto" resolved.
        lang: language of the texts (ISO 639-1).
        seed: of factorisation, projection and training.
        language_model: the folder of the language model, or None.
        pretrained: whether the language model began as a checkpoint, and so must change more slowly.
        checkpoint: the file that an interrupted training resumes from.
    """

    tokens: Tokens
    settings: EmbeddingSettings
    sif_a: float
    lang: str
    seed: int
    language_model: Path | None
    pretrained: bool
    checkpoint: Path


@dataclass(frozen=True)
class Modules:
    """The modules of an encoder up to the vector of a text, and what was measured while they learned."""

    modules: Sequence[nn.Module]
    facts: dict[str, Any] = field(default_factory=dict)
