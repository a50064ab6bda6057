"""The registry of the forms of a sentence encoder. Loads nothing heavy: a form is imported when it is first used."""

from typing import NamedTuple

_SHARED = ("centre", "remove_components", "whiten", "max_length")  # settings of the post-processing and the tokens


class Form(NamedTuple):
    """A form of sentence encoder, and what others must know about it.

    Attributes:
        path: its function, as ``"module:name"``; it takes `FormInputs` and returns `Modules`.
        settings: the fields of `EmbeddingSettings` that it depends on.
        sif_a: its default of `EmbeddingSettings.sif_a` ("auto"). Default 0.01.
        centre: its default of `EmbeddingSettings.centre` ("auto"). Default True.
        uses_language_model: whether it reads the weights of the language model, if there is one. Default False.
        uses_lang: whether it depends on the language of the texts. Default False.
    """

    path: str
    settings: tuple[str, ...]
    sif_a: float = 0.01
    centre: bool = True
    uses_language_model: bool = False
    uses_lang: bool = False


FORMS = {
    "static": Form(
        "textssl.encoder.forms.static:fit",
        ("dimensions", "sif_a", *_SHARED),
        uses_language_model=True,
    ),
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
        uses_language_model=True,
    ),
}
# The form "auto" by the start of the language model: a checkpoint knows more than the texts alone.
FROM_NOTHING, FROM_CHECKPOINT = "static", "transformer"
