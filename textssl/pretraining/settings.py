"""Settings of the pretraining stage."""

from dataclasses import dataclass
from typing import Literal

from textssl.config import Settings, setting
from textssl.pretraining.objectives.registry import OBJECTIVES


@dataclass(frozen=True)
class PretrainingSettings(Settings, path="pretraining"):
    """How the language model is made and how it learns."""

    objective: str = setting(
        "mlm", "training objective, one of {choices}; mlm = masked words, clm = the next word", choices=OBJECTIVES
    )
    checkpoint: str = setting("none", "none = learn from nothing, or the folder of a checkpoint to continue")
    size: Literal["auto", "tiny", "small", "medium", "base"] = setting(
        "auto", "preset of the backbone; auto = by corpus"
    )
    tokenizer: Literal["auto", "words", "bytes"] = setting(
        "auto", "words = whole words, rare ones in pieces; bytes = byte-level BPE, spaces kept; auto = by the script"
    )
    vocabulary: int | Literal["auto"] = setting(
        "auto", "tokens in the vocabulary; auto = derived from the corpus", low=32
    )
    lowercase: bool = setting(True, "fold case before tokenizing")
    max_length: int = setting(256, "tokens a text is cut into pieces of", low=8)
    tokens: int | Literal["auto"] = setting(
        "auto", "tokens to learn from in all, repeats counted; auto = by corpus", low=1
    )
    batch_tokens: int = setting(2048, "tokens in a batch", low=8)
    mask_rate: float = setting(0.3, "share of tokens hidden (mlm)", low=0.01, high=0.99)
    held_out: float = setting(0.02, "share of the texts kept aside to measure the loss", low=0.0, high=0.5)
    learning_rate: float | Literal["auto"] = setting(
        "auto",
        "peak rate of the layers; auto = 0.001 (clm 0.006) from nothing, 0.00005 from a checkpoint",
        low=0.0,
    )
    table_learning_rate: float | Literal["auto"] = setting(
        "auto", "peak rate of the embedding table; auto = 0.002 from nothing, 0.00005 from a checkpoint", low=0.0
    )
    checkpoint_seconds: float = setting(30.0, "seconds between two checkpoints, from which a run resumes", low=0.0)

    @property
    def causal(self) -> bool:
        """Whether a token of the model sees only the tokens before it."""
        return OBJECTIVES[self.objective].backbone.causal
