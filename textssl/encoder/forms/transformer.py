"""The pooled language model, trained on to give texts vectors that tell them apart."""

from typing import Any

import numpy as np
from sentence_transformers.base.modules import Transformer
from sentence_transformers.sentence_transformer.modules import Pooling, WordWeights
from torch import nn
from transformers import PreTrainedTokenizerFast

from textssl.encoder.forms.inputs import FormInputs, Modules
from textssl.encoder.sentence_training import train_sentences
from textssl.encoder.settings import EmbeddingSettings
from textssl.errors import UsageError
from textssl.language.bag_of_words import sif_weights, word_bags
from textssl.language.tokens import length_within
from textssl.language.word_pieces import word_pieces


def fit(inputs: FormInputs) -> Modules:
    """Return the language model with its pooling, after the sentence training.

    Raises:
        UsageError: if there is no language model.
    """
    if inputs.language_model is None:
        raise UsageError("the form transformer needs a language model, got none: give what textssl.pretrain returns")
    tokens, settings = inputs.tokens, inputs.settings
    backbone = Transformer(str(inputs.language_model))
    length, notes = length_within(settings.max_length, backbone.auto_model, "embedding.max_length")
    backbone.max_seq_length = length
    sequences = tokens.sequences(length)
    weights = sif_weights(word_bags(sequences, tokens.tokenizer), inputs.sif_a)
    modules = _pooled(backbone, tokens.tokenizer, weights, settings)
    inner = word_pieces(tokens.tokenizer.backend_tokenizer).inner(sequences.ids)
    words = (weights[sequences.ids] > 0) & ~inner
    checkpoint = inputs.checkpoint
    facts: dict[str, Any] = {"notes": notes} if notes else {}
    facts |= train_sentences(
        nn.Sequential(*modules), sequences, words, settings, inputs.seed, inputs.pretrained, checkpoint
    )
    return Modules(modules, facts)


def _pooled(
    backbone: Transformer, tokenizer: PreTrainedTokenizerFast, weights: np.ndarray, settings: EmbeddingSettings
) -> list[nn.Module]:
    """Return the language model with its pooling; SIF pooling is the mean of tokens weighted beforehand."""
    width = backbone.get_embedding_dimension()
    if settings.pooling != "sif":
        return [backbone, Pooling(width, settings.pooling)]
    vocabulary = [str(tokenizer.convert_ids_to_tokens(number)) for number in range(len(tokenizer))]
    by_token = dict(zip(vocabulary, weights.tolist(), strict=True))
    return [backbone, WordWeights(vocabulary, by_token), Pooling(width, "mean")]
