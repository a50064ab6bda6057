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
    """How sentence vectors are made."""

    form: str = setting(
        "auto",
        "static = what goes with what, for topics; lexical = which lemmas and which letters, for similarity and "
        "near-duplicates; transformer = the pooled language model; "
        "auto = static from nothing, transformer from a checkpoint",
        choices=ChainMap(dict[str, Any](auto=None), FORMS),
    )
    teacher: str = setting(
        "",
        "folder of a SentenceTransformer to start from, in place of a language model: with clustering.refine it "
        "teaches static vectors of the texts' own words, otherwise it is used unchanged",
    )
    dictionary: str = setting(
        "",
        "lexical: file of definitions that bring words of like meaning near each other, "
        'a JSON object a line as in {"words": ["dog", "hound"], "text": "an animal that barks"}',
    )
    dimensions: int = setting(256, "dimensions of static and lexical vectors", low=1)
    sif_a: float | Literal["auto"] = setting(
        "auto",
        "a of the token weights a / (a + share of the token); larger = more even; auto = 0.01, lexical 0.001",
        low=1e-9,
    )
    centre: bool | Literal["auto"] = setting("auto", "subtract the mean vector; auto = unless the form is lexical")
    remove_components: int = setting(0, "strongest directions taken out after centring", low=0)
    whiten: bool = setting(False, "give the directions that are left the same spread")
    pooling: Literal["sif", "mean", "cls", "lasttoken", "weightedmean"] = setting(
        "sif", "transformer: how tokens make a text"
    )
    objectives: str = setting(
        "split_views",
        "transformer: what the sentence training learns by, one of {choices}, or the sum of several, as in "
        "denoising,split_views",
        choices=OBJECTIVES,
        several=True,
    )
    sentence_tokens: int | Literal["auto"] = setting(
        "auto",
        "transformer: tokens the sentence training learns from; 0 leaves it out, auto = by corpus",
        low=0,
    )
    temperature: float = setting(0.2, "transformer: temperature of the contrastive loss", low=0.001)
    batch_texts: int = setting(256, "transformer: texts a batch contrasts", low=2)
    learning_rate: float | Literal["auto"] = setting(
        "auto", "transformer: peak rate of the layers; auto = 0.001 from nothing, 0.00002 from a checkpoint", low=0.0
    )
    max_length: int = setting(256, "transformer: tokens read at once; a longer text is read in pieces", low=8)
    compute: Compute = setting(
        "auto",
        "numbers a transformer reads texts with: bfloat16 moves vectors by a cosine of 0.9999 from float32, int8 (much "
        "text, on a processor) by one of 0.99; auto = bfloat16 where the machine has instructions for it",
    )


def form_of(settings: EmbeddingSettings, pretrained: bool) -> str:
    """Return the form asked for, or what "auto" stands for."""
    if settings.form != "auto":
        return settings.form
    return FROM_CHECKPOINT if pretrained else FROM_NOTHING
