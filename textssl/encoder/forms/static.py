"""Static vectors: a text is the weighted mean of the vectors of its words, which are factorised co-occurrences."""

from sentence_transformers.sentence_transformer.modules import StaticEmbedding

from textssl.encoder.forms.inputs import FormInputs, Modules
from textssl.language.bag_of_words import sif_weights, word_bags
from textssl.language.cooccurrence import token_vectors


def fit(inputs: FormInputs) -> Modules:
    """Return a table of the factorised PMI of words (`token_vectors`), each vector times its SIF weight."""
    tokens, settings = inputs.tokens, inputs.settings
    bags = word_bags(tokens.sequences(settings.max_length), tokens.tokenizer)
    vectors = token_vectors(bags, settings.dimensions, inputs.seed) * sif_weights(bags, inputs.sif_a)[:, None]
    return Modules([StaticEmbedding(tokens.tokenizer, embedding_weights=vectors)])
