"""Token vectors from which tokens share a text: the closed form of contrasting the two halves of a text.

Contrasting random disjoint halves of texts (InfoNCE) drives the product of two token vectors towards the pointwise
mutual information of the tokens; factorising that matrix reaches the optimum directly (Levy & Goldberg 2014) and
costs seconds where the training takes minutes.
"""

import numpy as np
from scipy import sparse
from sklearn.utils.extmath import randomized_svd

from textssl.tokens import Tokens

_SMOOTHING = 0.75  # of context frequencies, so that rare contexts do not look too telling (Levy et al. 2015)
_CONTEXTS_AT_ONCE = 50_000


def token_vectors(tokens: Tokens, words: np.ndarray, dimensions: int, seed: int) -> np.ndarray:
    """Factorise the positive pointwise mutual information of tokens within a text.

    Args:
        tokens: the corpus, a sequence a context.
        words: bool (vocabulary,), the tokens that may count: no special tokens, no punctuation.
        dimensions: at most this many; fewer where the corpus has fewer tokens.
        seed: of the randomised factorisation (Halko et al. 2011).

    Returns:
        float32 (vocabulary, d); zero for a token left out or seen in one text only (unless all are).
    """
    counts = presence(tokens, words)
    texts_with = np.asarray(counts.sum(axis=0)).ravel()
    kept = np.flatnonzero(texts_with >= min(2, texts_with.max(initial=1)))
    ppmi = _positive_pmi(_cooccurrence(counts[:, kept]))
    vectors = np.zeros((len(words), max(1, min(dimensions, len(kept) - 1))), dtype=np.float32)
    if ppmi.nnz:
        left, strengths, _ = randomized_svd(ppmi, vectors.shape[1], n_iter=3, random_state=seed)
        vectors[kept] = left * np.sqrt(strengths)
    return vectors


def presence(tokens: Tokens, words: np.ndarray) -> sparse.csr_array:
    """Return which of `words` each sequence holds: 1 or 0, float32 (sequences, vocabulary)."""
    shape = (len(tokens.lengths), len(words))
    counts = sparse.csr_array((np.ones(len(tokens.ids), np.float32), tokens.ids, tokens.starts), shape=shape)
    counts.sum_duplicates()
    counts.data[:] = words[counts.indices]
    counts.eliminate_zeros()
    return counts


def _cooccurrence(counts: sparse.csr_array) -> sparse.csr_array:
    """Return how often two tokens share a text, float32 (v, v); a text of many tokens counts each pair for less."""
    weights = 1 / np.maximum(1, np.asarray(counts.sum(axis=1)).ravel() - 1)
    total = sparse.csr_array((counts.shape[1], counts.shape[1]), dtype=np.float32)
    for start in range(0, counts.shape[0], _CONTEXTS_AT_ONCE):
        block = counts[start : start + _CONTEXTS_AT_ONCE]
        scaled = sparse.diags_array(weights[start : start + _CONTEXTS_AT_ONCE].astype(np.float32)) @ block
        total = total + scaled.T @ block
    total.setdiag(0)
    total.eliminate_zeros()
    return total.tocsr()


def _positive_pmi(together: sparse.csr_array) -> sparse.csr_array:
    """Return max(0, log p(i, j) / (p(i) p'(j))) where i and j occur together, p' smoothed."""
    alone = np.asarray(together.sum(axis=1)).ravel().astype(np.float64)
    smoothed = alone**_SMOOTHING
    pairs = together.tocoo()
    rows, columns = pairs.coords
    information = np.log(pairs.data * smoothed.sum() / (alone[rows] * smoothed[columns]))
    positive = information > 0
    return sparse.csr_array(
        (information[positive].astype(np.float32), (rows[positive], columns[positive])), shape=together.shape
    )
