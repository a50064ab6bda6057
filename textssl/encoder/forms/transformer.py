"""The transformer form: the language model with pooling, trained further by a sentence objective."""

import numpy as np
from sentence_transformers.base.modules import Transformer
from sentence_transformers.sentence_transformer.modules import Pooling, WordWeights
from torch import nn
from transformers import PreTrainedTokenizerFast

from textssl.encoder.forms.inputs import FormInputs, Modules
from textssl.encoder.forms.token_table import centred_rows
from textssl.encoder.objectives.inputs import ObjectiveInputs
from textssl.encoder.sentence_training import train_sentences
from textssl.encoder.settings import EmbeddingSettings
from textssl.errors import UsageError
from textssl.language.bag_of_words import sif_weights, word_bags
from textssl.language.tokens import length_within
from textssl.language.word_pieces import word_pieces
from textssl.progress import without_library_warnings


def fit(inputs: FormInputs) -> Modules:
    """Fit the form to `inputs`; return the language model with pooling, after the sentence training.

    Raises:
        UsageError: if there is no language model.
    """
    if inputs.language_model is None:
        raise UsageError("the form transformer needs a language model, got none: give the result of textssl.pretrain")
    tokens, settings = inputs.tokens, inputs.settings
    with without_library_warnings():  # of the head, which is not used
        backbone = Transformer(str(inputs.language_model))
    length, notes = length_within(settings.max_length, backbone.auto_model, "embedding.max_length")
    backbone.max_seq_length = length
    sequences = tokens.sequences(length)
    weights = sif_weights(word_bags(sequences, tokens.tokenizer), inputs.sif_a)
    if not inputs.pretrained:  # the vectors of the model started as counts, whose length says how much a word tells
        weights *= np.linalg.norm(centred_rows(backbone.auto_model), axis=1)
    modules = _pooled(backbone, tokens.tokenizer, weights, settings)
    inner = word_pieces(tokens.tokenizer.backend_tokenizer).inner(sequences.ids)
    words = (weights[sequences.ids] > 0) & ~inner
    model = nn.Sequential(*modules)
    objective_inputs = ObjectiveInputs(settings, sequences, tokens.tokenizer, inputs.language_model, inputs.seed)
    training = train_sentences(model, objective_inputs, words, inputs.pretrained, inputs.checkpoint)
    return Modules(modules, training, notes)


def _pooled(
    backbone: Transformer, tokenizer: PreTrainedTokenizerFast, weights: np.ndarray, settings: EmbeddingSettings
) -> list[nn.Module]:
    """Return the language model with pooling; SIF pooling weights the tokens and takes their mean."""
    width = backbone.get_embedding_dimension()
    if settings.pooling != "sif":
        return [backbone, Pooling(width, settings.pooling)]
    vocabulary = [str(tokenizer.convert_ids_to_tokens(number)) for number in range(len(tokenizer))]
    by_token = dict(zip(vocabulary, weights.tolist(), strict=True))
    return [backbone, WordWeights(vocabulary, by_token), Pooling(width, "mean")]
