"""The forms of a sentence encoder by name. Loads nothing heavy: a form is imported when it is first used."""

from collections.abc import Callable
from pkgutil import resolve_name
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from textssl.encoder.forms.inputs import FormInputs, Modules

_SHARED = ("centre", "remove_components", "whiten", "max_length")  # settings of the post-processing and the tokens


class Form(NamedTuple):
    """A form, and what others must know about it.

    Attributes:
        fit_at: where its function is, as ``"module:name"``.
        settings: the fields of `EmbeddingSettings` that it depends on.
        sif_a: what "auto" stands for in `EmbeddingSettings.sif_a`.
        centre: what "auto" stands for in `EmbeddingSettings.centre`.
        needs_language_model: whether it needs a trained language model, not only a tokenizer.
        uses_lang: whether it depends on the language of the texts.
        refinable: whether its vectors are sums of token vectors, which can be refined together with the clusters.
    """

    fit_at: str
    settings: tuple[str, ...]
    sif_a: float = 0.01
    centre: bool = True
    needs_language_model: bool = False
    uses_lang: bool = False
    refinable: bool = False

    @property
    def fit(self) -> "Callable[[FormInputs], Modules]":
        """The function that makes the modules of an encoder of this form, up to the vector of a text."""
        return resolve_name(self.fit_at)


FORMS = {
    "static": Form("textssl.encoder.forms.static:fit", ("dimensions", "sif_a", *_SHARED), refinable=True),
    "lexical": Form(
        "textssl.encoder.forms.lexical:fit",
        ("dimensions", "sif_a", "dictionary", *_SHARED),
        sif_a=0.001,
        centre=False,
        uses_lang=True,
    ),
    "transformer": Form(
        "textssl.encoder.forms.transformer:fit",
        (
            "sif_a",
            "pooling",
            "objectives",
            "sentence_tokens",
            "temperature",
            "batch_texts",
            "learning_rate",
            "compute",
            *_SHARED,
        ),
        needs_language_model=True,
    ),
}
# What "auto" stands for: a language model that began as a checkpoint knows more than the texts.
FROM_NOTHING, FROM_CHECKPOINT = "static", "transformer"
