"""Token vectors of which letters a token is made: for similarity and near-duplicates, where the words decide.

A token has one feature of its own and one for each of its character n-grams, so that inflections and misspellings
come near their word (Bojanowski et al. 2017). A random projection of the features keeps their cosines to within about
1 / sqrt(dimensions) (Johnson & Lindenstrauss 1984). Nothing is learned; the weights of the tokens (SIF, Arora et al.
2017) are all that comes from the texts.
"""

import numpy as np
from scipy import sparse
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.preprocessing import normalize
from transformers import PreTrainedTokenizerFast

from textssl.embedding.words import word_tokens
from textssl.tokens import inner_pieces

_SHORTEST, _LONGEST = 3, 5
_LETTERS = 2.0  # what the cosine of the n-grams counts beside being the same token
_FEATURES_AT_ONCE = 8_192


def lexical_vectors(tokenizer: PreTrainedTokenizerFast, dimensions: int, seed: int) -> np.ndarray:
    """Return float32 (vocabulary, dimensions), about unit length; zero for a token without letter or digit."""
    is_word = word_tokens(tokenizer).astype(np.float32)
    both = sparse.hstack([sparse.eye_array(len(is_word)), np.sqrt(_LETTERS) * _letters(tokenizer)])
    features = sparse.csc_array(sparse.diags_array(is_word) @ normalize(both), dtype=np.float32)
    vectors = np.zeros((len(is_word), dimensions), dtype=np.float32)
    for start in range(0, features.shape[1], _FEATURES_AT_ONCE):
        block = features[:, start : start + _FEATURES_AT_ONCE]
        rng = np.random.default_rng([seed, start])
        vectors += block @ rng.standard_normal((block.shape[1], dimensions), dtype=np.float32)
    return vectors / np.float32(np.sqrt(dimensions))


def _letters(tokenizer: PreTrainedTokenizerFast) -> sparse.csr_array:
    """Return the n-grams of each token, rarer ones weigh more, rows of unit length: (vocabulary, n-grams).

    < marks where a word begins and > where a token ends.
    """
    inner = inner_pieces(tokenizer)
    tokens = [str(token) for token in tokenizer.convert_ids_to_tokens(list(range(len(tokenizer))))]
    marked = [f"{token[2:]}>" if inner[number] else f"<{token}>" for number, token in enumerate(tokens)]
    counter = CountVectorizer(analyzer="char", ngram_range=(_SHORTEST, _LONGEST), lowercase=False, binary=True)
    grams = sparse.csr_array(counter.fit_transform(marked), dtype=np.float32)
    return normalize(grams @ sparse.diags_array(np.bincount(grams.indices, minlength=grams.shape[1]) ** -0.5))
