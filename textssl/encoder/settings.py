"""Settings of the embedding stage."""

from collections import ChainMap
from dataclasses import dataclass
from typing import Any, Literal

from textssl.config import Settings, setting
from textssl.encoder.forms.registry import FORMS, FROM_CHECKPOINT, FROM_NOTHING
from textssl.encoder.objectives.registry import OBJECTIVES

Compute = Literal["auto", "float32", "bfloat16", "int8"]


@dataclass(frozen=True)
class EmbeddingSettings(Settings, path="embedding"):
    """How sentence vectors are computed."""

    form: str = setting(
        "auto",
        "static = which words share a text, for topics; lexical = which lemmas and letters, for similarity and "
        "near-duplicates; transformer = the pooled language model; "
        "auto = transformer if the language model started from a checkpoint, else static",
        choices=ChainMap(dict[str, Any](auto=None), FORMS),
    )
    teacher: str = setting(
        "",
        "folder of a SentenceTransformer to use instead of a language model: with embedding.refine it is adapted to "
        "the texts, otherwise it is used unchanged",
    )
    refine: bool = setting(
        True,
        "with 200 texts or more: train the vectors of the tokens, and those of the teacher, until the halves of a text "
        "agree on its clusters",
    )
    dictionary: str = setting(
        "",
        "lexical: file of definitions that bring words of similar meaning closer, one JSON object per line, as in "
        '{"words": ["dog", "hound"], "text": "an animal that barks"}',
    )
    dimensions: int = setting(
        256, "static, lexical: dimensions of the vectors; static has at most as many as the language model", low=1
    )
    sif_a: float | Literal["auto"] = setting(
        "auto",
        "a of the token weights a / (a + share of the token); larger = more even weights; auto = 0.01, lexical 0.001",
        low=1e-9,
    )
    centre: bool | Literal["auto"] = setting("auto", "subtract the mean vector; auto = yes, unless the form is lexical")
    remove_components: int = setting(0, "number of strongest directions to remove after centring", low=0)
    whiten: bool = setting(False, "give the remaining directions the same variance")
    pooling: Literal["sif", "mean", "cls", "lasttoken", "weightedmean"] = setting(
        "sif", "transformer: how the vectors of tokens become the vector of a text; sif = their weighted mean"
    )
    objectives: str = setting(
        "cluster_agreement",
        "transformer: objective of the sentence training, one of {choices}, or the mean of several, as in "
        "word_prediction,cluster_agreement",
        choices=OBJECTIVES,
        several=True,
    )
    sentence_tokens: int | Literal["auto"] = setting(
        "auto",
        "transformer: tokens of the sentence training; 0 = no training, auto = 1,000,000, but at most 10 epochs",
        low=0,
    )
    temperature: float = setting(0.2, "transformer: temperature of the contrastive loss", low=0.001)
    batch_texts: int = setting(256, "transformer: texts per batch of the sentence training", low=2)
    learning_rate: float | Literal["auto"] = setting(
        "auto", "transformer: peak learning rate of the layers; auto = 0.0003, or 0.00002 from a checkpoint", low=0.0
    )
    max_length: int = setting(256, "transformer: tokens read at once; longer texts are read in pieces", low=8)
    compute: Compute = setting(
        "auto",
        "transformer: numbers to compute with: cosine to the float32 vectors 0.9999 for bfloat16, 0.99 for int8 "
        "(OpenVINO, for much text on a processor); auto = bfloat16 where the machine has instructions for it",
    )


def form_of(settings: EmbeddingSettings, pretrained: bool) -> str:
    """Return the form of an encoder, with "auto" resolved.

    Args:
        settings: of which `form` counts.
        pretrained: whether the language model started from a checkpoint.
    """
    if settings.form != "auto":
        return settings.form
    return FROM_CHECKPOINT if pretrained else FROM_NOTHING


def forms_with(setting: str) -> list[str]:
    """Return the names of the forms that depend on a setting."""
    return [name for name, form in FORMS.items() if setting in form.settings]
