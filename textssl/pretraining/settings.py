"""Settings of the pretraining stage."""

from dataclasses import dataclass
from typing import Literal

from textssl.config import Settings, setting
from textssl.errors import UsageError
from textssl.pretraining.objectives.registry import OBJECTIVES, backbone_of, named


@dataclass(frozen=True)
class PretrainingSettings(Settings, path="pretraining"):
    """How the language model is built and trained."""

    objective: str = setting(
        "mlm",
        "training objective, one of {choices}, or the sum of several, as in mlm,rtd,order; mlm = masked words, "
        "clm = the next word, rtd = which words were replaced, order = were two pieces of a text swapped, "
        "shuffle = which words were moved",
        choices=OBJECTIVES,
        several=True,
    )
    checkpoint: str = setting("none", "folder of a checkpoint to continue training, or none = train a new model")
    size: Literal["auto", "tiny", "small", "medium", "base"] = setting(
        "auto", "preset of the backbone; auto = by the size of the corpus"
    )
    tokenizer: Literal["auto", "words", "bytes"] = setting(
        "auto",
        "words = whole words, rare ones in pieces; bytes = byte-level BPE, which keeps spaces; auto = by the script",
    )
    vocabulary: int | Literal["auto"] = setting(
        "auto", "number of tokens in the vocabulary; auto = enough for every repeated word", low=32
    )
    lowercase: bool = setting(True, "convert texts to lower case before tokenizing")
    max_length: int = setting(256, "most tokens read at once; a longer text is split", low=8)
    tokens: int | Literal["auto"] = setting(
        "auto",
        "total number of tokens to train on, by each objective, repeats included; auto = by the size of the corpus",
        low=1,
    )
    batch_tokens: int = setting(2048, "number of tokens in a batch", low=8)
    mask_rate: float = setting(0.3, "mlm: share of tokens to mask", low=0.01, high=0.99)
    replace_rate: float = setting(0.15, "rtd: share of tokens to replace; shuffle: to move", low=0.01, high=0.99)
    held_out: float = setting(0.02, "share of the texts held out to measure the loss", low=0.0, high=0.5)
    learning_rate: float | Literal["auto"] = setting(
        "auto",
        "peak learning rate of the layers; auto = 0.001 (clm 0.006) for a new model, 0.00005 for a checkpoint",
        low=0.0,
    )
    table_learning_rate: float | Literal["auto"] = setting(
        "auto",
        "peak learning rate of the token tables; auto = 0.002 for a new model, whose counted vectors are not trained, "
        "0.00005 for a checkpoint",
        low=0.0,
    )
    checkpoint_seconds: float = setting(30.0, "seconds between checkpoints, from which training resumes", low=0.0)

    def __post_init__(self) -> None:
        """Check the settings, each and together."""
        super().__post_init__()
        backbones = {entry.backbone: name for name, entry in named(self.objective).items() if entry.backbone}
        if len(backbones) > 1:
            kinds = " and ".join(f"{name} predicts {backbone.predicts}" for backbone, name in backbones.items())
            raise UsageError(f"pretraining.objective={self.objective}: {kinds}, which takes two models: leave one out")

    @property
    def causal(self) -> bool:
        """Whether a token of the model sees only the tokens before it."""
        return backbone_of(self.objective).causal
