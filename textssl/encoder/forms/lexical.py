"""Lexical vectors: token vectors of lemmas and letters, for similarity and near-duplicates.

A token has one feature that it shares with the other forms of its lemma, and one for each of its character n-grams, so
that inflections and misspellings are close to their word (Bojanowski et al. 2017). A random projection of the features
preserves their cosines to within about 1 / sqrt(dimensions) (Johnson & Lindenstrauss 1984). Nothing is trained: from
the texts come only the weights of the lemmas (SIF, Arora et al. 2017), and from a dictionary, if there is one, which
words are similar.
"""

import numpy as np
from scipy import sparse
from sentence_transformers.sentence_transformer.modules import StaticEmbedding
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.preprocessing import normalize
from transformers import PreTrainedTokenizerFast

from textssl.encoder.forms.definitions import definition_vectors, read_definitions
from textssl.encoder.forms.inputs import FormInputs, Modules
from textssl.encoder.settings import EmbeddingSettings
from textssl.language.bag_of_words import sif_weights, word_bags, word_tokens
from textssl.language.lemmas import lemma_numbers, members
from textssl.language.word_pieces import WordPieces, word_pieces

_SHORTEST, _LONGEST = 3, 5  # characters of an n-gram
_DEFINITIONS = 1.5  # weight of the cosine of definitions relative to that of lemma and letters
_PIECE, _NUMBER = 0.5, 2.0  # weights relative to a word: a piece says less, another number is another fact
_FEATURES_AT_ONCE = 8_192


def fit(inputs: FormInputs) -> Modules:
    """Return a table of lexical vectors, each times its weight."""
    tokens, settings = inputs.tokens, inputs.settings
    bags = word_bags(tokens.sequences(settings.max_length), tokens.tokenizer, pieces=True)
    vectors = lexical_table(tokens.tokenizer, bags, inputs.sif_a, settings, inputs.lang, inputs.seed)
    return Modules([StaticEmbedding(tokens.tokenizer, embedding_weights=vectors)])


def lexical_table(
    tokenizer: PreTrainedTokenizerFast,
    bags: sparse.csr_array,
    sif: float,
    settings: EmbeddingSettings,
    lang: str,
    seed: int,
) -> np.ndarray:
    """Return the token vectors of the lexical form times their weights, float32 (vocabulary, settings.dimensions).

    Args:
        tokenizer: the tokenizer, one vector for each of its tokens.
        bags: the tokens of each text, pieces of words included, 1 or 0, (texts, vocabulary).
        sif: a of the SIF weights; the forms of a lemma have the same weight.
        settings: dimensions and dictionary.
        lang: language of the lemmas; see `language_code`.
        seed: of the random projections.
    """
    lemmas = lemma_numbers(tokenizer, lang)
    shared = sif_weights(bags @ members(lemmas), sif)[lemmas]
    weights = np.where(shared > 0, shared, np.float32(1))  # a lemma in no text has the weight of the rarest
    vectors = normalize(lexical_vectors(tokenizer, lemmas, settings.dimensions, seed))
    if settings.dictionary:
        definitions = read_definitions(settings.dictionary)
        defined = definition_vectors(definitions, tokenizer, lemmas, weights, settings.dimensions, seed)
        vectors = normalize(vectors + np.float32(np.sqrt(_DEFINITIONS)) * defined)
    return vectors * (weights * _emphasis(tokenizer))[:, None]


def lexical_vectors(tokenizer: PreTrainedTokenizerFast, lemmas: np.ndarray, dimensions: int, seed: int) -> np.ndarray:
    """Return the vectors of tokens by lemma and letters, without weights.

    Args:
        tokenizer: the tokenizer, one vector for each of its tokens.
        lemmas: (vocabulary,) the number of each token's lemma; see `lemma_numbers`.
        dimensions: of the vectors.
        seed: of the random projection.

    Returns:
        float32 (vocabulary, dimensions), of about unit length; zero for a token without a letter or digit.
    """
    is_word = word_tokens(tokenizer).astype(np.float32)
    both = sparse.hstack([members(lemmas), _letters(word_pieces(tokenizer.backend_tokenizer))])
    features = sparse.csc_array(sparse.diags_array(is_word) @ normalize(both), dtype=np.float32)
    vectors = np.zeros((len(is_word), dimensions), dtype=np.float32)
    for start in range(0, features.shape[1], _FEATURES_AT_ONCE):
        block = features[:, start : start + _FEATURES_AT_ONCE]
        rng = np.random.default_rng([seed, start])
        vectors += block @ rng.standard_normal((block.shape[1], dimensions), dtype=np.float32)
    return vectors / np.float32(np.sqrt(dimensions))


def _emphasis(tokenizer: PreTrainedTokenizerFast) -> np.ndarray:
    """Return the weights of tokens by their kind, float32 (vocabulary,); 0 for a token without a letter or digit."""
    pieces = word_pieces(tokenizer.backend_tokenizer)
    is_number = [token.isdigit() for token in pieces.spelled]
    kind = np.where(is_number, _NUMBER, 1) * np.where(pieces.continues, _PIECE, 1)
    return (kind * word_tokens(tokenizer)).astype(np.float32)


def _letters(pieces: WordPieces) -> sparse.csr_array:
    """Return the character n-grams of each token, rare ones with more weight, (vocabulary, n-grams), of unit length.

    < marks the start of a word and > the end of a token.
    """
    marked = [f"{token}>" if inner else f"<{token}>" for token, inner in zip(*pieces[:2], strict=True)]
    counter = CountVectorizer(analyzer="char", ngram_range=(_SHORTEST, _LONGEST), lowercase=False, binary=True)
    grams = sparse.csr_array(counter.fit_transform(marked), dtype=np.float32)
    return normalize(grams @ sparse.diags_array(np.bincount(grams.indices, minlength=grams.shape[1]) ** -0.5))
