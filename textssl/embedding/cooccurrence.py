"""Token vectors from which tokens share a text: the closed form of contrasting the two halves of a text.

Contrasting random disjoint halves of texts (InfoNCE) drives the product of two token vectors towards the pointwise
mutual information of the tokens; factorising that matrix reaches the optimum directly (Levy & Goldberg 2014) and
costs seconds where the training takes minutes.
"""

import numpy as np
from scipy import sparse
from sklearn.utils.extmath import randomized_svd

_SMOOTHING = 0.75  # of context frequencies, so that rare contexts do not look too telling (Levy et al. 2015)
_CONTEXTS_AT_ONCE = 50_000


def token_vectors(bags: sparse.csr_array, dimensions: int, seed: int) -> np.ndarray:
    """Factorise the positive pointwise mutual information of words within a text.

    Args:
        bags: the words of each text, or piece of one: 1 or 0, (texts, vocabulary).
        dimensions: at most this many; fewer where the corpus has fewer words.
        seed: of the randomised factorisation (Halko et al. 2011).

    Returns:
        float32 (vocabulary, d); zero for a token that is in no bag.
    """
    kept = np.unique(bags.indices)
    ppmi = _positive_pmi(_cooccurrence(bags[:, kept]))
    vectors = np.zeros((bags.shape[1], max(1, min(dimensions, len(kept) - 1))), dtype=np.float32)
    if ppmi.nnz:
        left, strengths, _ = randomized_svd(ppmi, vectors.shape[1], n_iter=3, random_state=seed)
        vectors[kept] = left * np.sqrt(strengths)
    return vectors


def _cooccurrence(bags: sparse.csr_array) -> sparse.csr_array:
    """Return how often two tokens share a text, float32 (v, v); a text of many tokens counts each pair for less."""
    weights = 1 / np.maximum(1, np.asarray(bags.sum(axis=1)).ravel() - 1)
    total = sparse.csr_array((bags.shape[1], bags.shape[1]), dtype=np.float32)
    for start in range(0, bags.shape[0], _CONTEXTS_AT_ONCE):
        block = bags[start : start + _CONTEXTS_AT_ONCE]
        scaled = sparse.diags_array(weights[start : start + _CONTEXTS_AT_ONCE].astype(np.float32)) @ block
        total = total + scaled.T @ block
    total.setdiag(0)
    alone = np.asarray(total.sum(axis=1)).ravel() == 0
    total.setdiag(alone.astype(np.float32))  # a word that keeps no company still is not every other such word
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
