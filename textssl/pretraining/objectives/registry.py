"""The registry of training objectives. It loads neither torch nor transformers, so that settings load quickly.

To add an objective, write its function `corrupt` in a file of this folder and add its entry to `OBJECTIVES`. Several
objectives are given as their names, separated by commas: they share one backbone, and their losses are summed.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pkgutil import resolve_name
from typing import TYPE_CHECKING

from textssl.errors import lookup

if TYPE_CHECKING:
    from textssl.pretraining.objectives.heads import Head
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
class Pretext:
    """What an objective asks instead of the words themselves: whether a text, or each of its tokens, was changed.

    Attributes:
        head_path: the head that answers, as ``"package.module:class"``; made with the width of the backbone.
        changed: the answer yes, in words.
        unchanged: the answer no, in words.
        min_words: the fewest words of a text that can be changed.
        weight: of the loss in the sum.
    """

    head_path: str
    changed: str
    unchanged: str
    min_words: int = 1
    weight: float = 1.0

    @property
    def head(self) -> "type[Head]":
        """The class of the head, imported on first use."""
        return resolve_name(self.head_path)


@dataclass(frozen=True)
class Objective:
    """A training objective and its properties.

    Attributes:
        path: where its function `corrupt` is, as ``"package.module:function"``; `mlm.corrupt` documents its parameters.
        backbone: the kind of language model that it trains; None = any.
        rate: the setting that is the share of tokens to corrupt.
        pretext: its own head and loss; None = it predicts words, with the head of the language model.
        predicts_special: whether special tokens are predicted, too.
        pack_above: the corpus size in tokens from which texts are joined end to end into blocks of equal length;
            None = never. In a smaller corpus, the order of the texts would be memorised.
        muon: whether Muon trains the dense matrices of a new model, in place of AdamW.
        learning_rate: the default peak learning rate of a new model.
    """

    path: str
    backbone: Backbone | None
    rate: str = "mask_rate"
    pretext: Pretext | None = None
    predicts_special: bool = False
    pack_above: int | None = None
    muon: bool = False
    learning_rate: float = 1e-3

    @property
    def corrupt(self) -> "Callable[..., Batch]":
        """The function that makes a training batch of token ids, imported on first use."""
        return resolve_name(self.path)


_OWN = "textssl.pretraining.objectives."
OBJECTIVES: dict[str, Objective] = {
    "mlm": Objective(_OWN + "mlm:corrupt", MASKED),
    "clm": Objective(
        _OWN + "clm:corrupt",
        CAUSAL,
        predicts_special=True,
        pack_above=100_000,
        muon=True,
        learning_rate=6e-3,
    ),
    "rtd": Objective(
        _OWN + "rtd:corrupt",
        None,
        rate="replace_rate",
        pretext=Pretext(_OWN + "heads:TokenHead", "replaced", "no word replaced"),
    ),
    "order": Objective(
        _OWN + "order:corrupt",
        None,
        pretext=Pretext(_OWN + "heads:TextHead", "out of order", "in order", min_words=2),
    ),
    "shuffle": Objective(
        _OWN + "shuffle:corrupt",
        None,
        rate="replace_rate",
        pretext=Pretext(_OWN + "heads:TokenHead", "moved", "no word moved", min_words=2),
    ),
}


def named(objectives: str) -> dict[str, Objective]:
    """Return the entries of one or several objectives.

    Args:
        objectives: their names, separated by commas.

    Raises:
        UsageError: if an objective does not exist.
    """
    return {name: lookup(OBJECTIVES, name, "training objective") for name in objectives.split(",")}


def pretexts(objectives: str) -> dict[str, Pretext]:
    """Return what those of the objectives ask that have a head of their own."""
    return {name: entry.pretext for name, entry in named(objectives).items() if entry.pretext}


def main_objective(objectives: str) -> Objective:
    """Return the objective that decides how a model is trained: the first that predicts words, or else the first."""
    entries = list(named(objectives).values())
    return next((entry for entry in entries if not entry.pretext), entries[0])


def backbone_of(objectives: str) -> Backbone:
    """Return the kind of language model that objectives train; masked words if any will do."""
    return main_objective(objectives).backbone or MASKED


def predicts_words(objectives: str) -> bool:
    """Return whether one of the objectives predicts words."""
    return main_objective(objectives).pretext is None


def objective_with(causal: bool) -> str:
    """Return the name of the first objective whose backbone is causal or not."""
    return next(name for name, entry in OBJECTIVES.items() if entry.backbone and entry.backbone.causal == causal)


def with_backbone(objectives: str, causal: bool) -> str:
    """Return objectives with the first one instead whose backbone is causal or not, to name them in a message."""
    return ",".join([objective_with(causal), *pretexts(objectives)])
