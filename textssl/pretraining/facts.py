"""What was measured while a language model was trained, as its folder keeps it. Loads nothing heavy."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from textssl.errors import DataError
from textssl.run_folder import read_json

FACTS = "textssl.json"  # the file of `LanguageModelFacts`


@dataclass(frozen=True)
class LanguageModelFacts:
    """What was measured in training.

    Attributes:
        objective: the names of the training objectives, separated by commas.
        parameters: the number of weights.
        vocabulary: the number of tokens in the vocabulary.
        corpus_tokens: the number of tokens in the corpus.
        learned_tokens: the number of training tokens, repeats included.
        held_out_texts: the number of held-out texts, or of blocks if texts are packed; 0 if the corpus was too small,
            and the loss is that of the training texts.
        loss: the mean loss of the predicted tokens of held-out texts, in nats; NaN if no words are predicted.
        perplexity: the exponential of the loss.
        bits_per_byte: the loss per byte of UTF-8 text, in bits; for masked words, per byte of the masked text.
        pieces_per_word: the shares of the words in the corpus that have 1, 2, ... tokens.
        pretext: for each pretext task ``accuracy``, the share of right answers on held-out texts, and ``chance``, that
            of always giving the more frequent answer.
        identity: a hash of texts, settings and seed, by which the folder of the same training is recognised.
        notes: sentences on settings that were changed to fit the model.
    """

    objective: str
    parameters: int
    vocabulary: int
    corpus_tokens: int
    learned_tokens: int
    held_out_texts: int
    loss: float
    perplexity: float
    bits_per_byte: float
    pieces_per_word: list[float]
    identity: str
    pretext: dict[str, dict[str, float]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


def load_facts(folder: str | Path) -> dict[str, Any]:
    """Return the fields of `LanguageModelFacts` of the language model in `folder`.

    Raises:
        DataError: if the folder holds no language model of textssl.
    """
    if not (Path(folder) / FACTS).exists():
        raise DataError(f"{folder} holds no language model of textssl: make one with textssl pretrain")
    return read_json(Path(folder) / FACTS)


def language_model_notes(folder: str | Path) -> list[str]:
    """Return the notes on the training of the language model in `folder`."""
    return load_facts(folder).get("notes", [])
