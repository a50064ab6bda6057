"""The registry of training objectives. It loads neither torch nor transformers, so that settings load quickly.

To add an objective, write its function `corrupt` in a file of this folder and add its entry to `OBJECTIVES`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pkgutil import resolve_name
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from textssl.training.tasks import Batch


@dataclass(frozen=True)
class Backbone:
    """A kind of language model.

    Attributes:
        config: the configuration class in transformers of a model with random weights.
        auto_model: the auto class in transformers that makes and loads models of this kind.
        mapping: transformers' mapping from the configuration classes to the models of this kind.
        predicts: what the model predicts, in words.
        causal: whether a token sees only the tokens before it.
    """

    config: str
    auto_model: str
    mapping: str
    predicts: str
    causal: bool


MASKED = Backbone(
    "ModernBertConfig", "AutoModelForMaskedLM", "MODEL_FOR_MASKED_LM_MAPPING", predicts="masked words", causal=False
)
CAUSAL = Backbone(
    "ModernBertDecoderConfig", "AutoModelForCausalLM", "MODEL_FOR_CAUSAL_LM_MAPPING", "the next word", causal=True
)


@dataclass(frozen=True)
class Objective:
    """A training objective and its properties.

    Attributes:
        path: where its function `corrupt` is, as ``"package.module:function"``; `mlm.corrupt` documents its parameters.
        backbone: the kind of language model that it trains.
        predicts_special: whether special tokens are predicted, too.
        pack_above: the corpus size in tokens from which texts are joined end to end into blocks of equal length;
            None = never. In a smaller corpus, the order of the texts would be memorised.
        muon: whether Muon trains the dense matrices of a new model, in place of AdamW.
        learning_rate: the default peak learning rate of a new model.
    """

    path: str
    backbone: Backbone
    predicts_special: bool = False
    pack_above: int | None = None
    muon: bool = False
    learning_rate: float = 1e-3

    @property
    def corrupt(self) -> "Callable[..., Batch]":
        """The function that makes a training batch of token ids, imported on first use."""
        return resolve_name(self.path)


OBJECTIVES: dict[str, Objective] = {
    "mlm": Objective("textssl.pretraining.objectives.mlm:corrupt", MASKED),
    "clm": Objective(
        "textssl.pretraining.objectives.clm:corrupt",
        CAUSAL,
        predicts_special=True,
        pack_above=100_000,
        muon=True,
        learning_rate=6e-3,
    ),
}


def objective_with(causal: bool) -> str:
    """Return the name of the first objective whose backbone is causal or not."""
    return next(name for name, objective in OBJECTIVES.items() if objective.backbone.causal == causal)
