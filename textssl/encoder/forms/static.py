"""Static vectors: a text is the weighted mean of the vectors of its words, rows of the language model's token table.

The static encoder is the language model without its layers. Without a language model that started from the texts, the
vectors are those that such a model starts with: factorised co-occurrences.
"""

import numpy as np
from sentence_transformers.sentence_transformer.modules import StaticEmbedding
from sklearn.decomposition import TruncatedSVD
from transformers import AutoModel

from textssl.encoder.forms.inputs import FormInputs, Modules
from textssl.encoder.forms.token_table import centred_rows
from textssl.language.bag_of_words import sif_weights, word_bags
from textssl.language.cooccurrence import token_vectors
from textssl.progress import without_library_warnings


def fit(inputs: FormInputs) -> Modules:
    """Fit the form to `inputs`; return a table of the vectors of the words, each times its SIF weight."""
    tokens, settings = inputs.tokens, inputs.settings
    bags = word_bags(tokens.sequences(settings.max_length), tokens.tokenizer)
    weights = sif_weights(bags, inputs.sif_a)[:, None]
    folder = inputs.language_model
    if folder and not inputs.pretrained and (folder / "config.json").is_file():  # or it holds only a tokenizer
        with without_library_warnings():  # of the head, which is not used
            table = centred_rows(AutoModel.from_pretrained(folder))
        vectors = _strongest(table * (weights > 0), settings.dimensions, inputs.seed)
    else:
        vectors = token_vectors(bags, settings.dimensions, inputs.seed)
    return Modules([StaticEmbedding(tokens.tokenizer, embedding_weights=vectors * weights)])


def _strongest(vectors: np.ndarray, dimensions: int, seed: int) -> np.ndarray:
    """Return `vectors` in their `dimensions` strongest directions, or as they are if they have no more dimensions."""
    if vectors.shape[1] <= dimensions:
        return vectors
    return TruncatedSVD(dimensions, random_state=seed).fit_transform(vectors).astype(np.float32)
