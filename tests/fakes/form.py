"""Random token vectors."""

import numpy as np
from sentence_transformers.sentence_transformer.modules import StaticEmbedding

from textssl.encoder.forms.inputs import Modules
from textssl.encoder.forms.registry import Form


def fit(inputs):
    shape = len(inputs.tokens.tokenizer), inputs.settings.dimensions
    vectors = np.random.default_rng(inputs.seed).normal(size=shape).astype(np.float32)
    return Modules([StaticEmbedding(inputs.tokens.tokenizer, embedding_weights=vectors)], {"notes": ["random vectors"]})


ENTRY = Form(f"{__name__}:fit", ("dimensions", "centre", "remove_components", "whiten", "max_length"))
