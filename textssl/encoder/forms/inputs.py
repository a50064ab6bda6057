"""What every form is fitted with, and what it returns."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from torch import nn

from textssl.encoder.record import SentenceTraining
from textssl.encoder.settings import EmbeddingSettings
from textssl.language.tokens import Tokens


@dataclass(frozen=True)
class FormInputs:
    """The texts and the settings that a form is fitted with.

    Attributes:
        tokens: the texts as token numbers, with their tokenizer.
        settings: see EmbeddingSettings.
        sif_a: a of the token weights, "auto" resolved.
        lang: language of the texts; see `language_code`.
        seed: seed of factorisation, projection and training.
        language_model: folder of the language model; None without one.
        pretrained: whether the language model started from a checkpoint, and so is trained at a lower rate.
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
    """The fitted modules of an encoder.

    Attributes:
        modules: sentence-transformers modules from texts to raw vectors.
        training: measures of the sentence training; None if there was none.
        notes: what to report to the user.
    """

    modules: Sequence[nn.Module]
    training: SentenceTraining | None = None
    notes: list[str] = field(default_factory=list)
