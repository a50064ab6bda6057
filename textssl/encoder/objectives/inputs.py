"""What the learner of every objective is made with."""

from dataclasses import dataclass
from pathlib import Path

from transformers import PreTrainedTokenizerFast

from textssl.encoder.settings import EmbeddingSettings
from textssl.language.batches import Sequences


@dataclass(frozen=True)
class ObjectiveInputs:
    """The texts, the settings and the language model of a sentence training.

    Attributes:
        settings: see EmbeddingSettings.
        sequences: the texts to learn from.
        tokenizer: the tokenizer of the sequences.
        language_model: folder of the language model.
        seed: seed of the training.
    """

    settings: EmbeddingSettings
    sequences: Sequences
    tokenizer: PreTrainedTokenizerFast
    language_model: Path
    seed: int
