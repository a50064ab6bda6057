"""Token vectors from which tokens share a text: the closed form of contrasting the two halves of a text.

Contrasting random disjoint halves of texts (InfoNCE) drives the product of two token vectors towards the pointwise
mutual information of the tokens; factorising that matrix reaches the optimum directly (Levy & Goldberg 2014) and
costs seconds where the training takes minutes.
"""

import numpy as np
from scipy import sparse
from sklearn.utils.extmath import randomized_svd

_SMOOTHING = 0.75  # of context frequencies, so that rare contexts do not look too telling (Levy et al. 2015)
_PAIRS_AT_ONCE = 1 << 24  # of long texts nearly every two words share one, and not half of the pairs are kept


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
    vectors = np.zeros((bags.shape[1], max(1, min(dimensions, len(kept) - 1))), dtype=np.float32)
    if len(kept) and (ppmi := _positive_pmi(bags[:, kept])).nnz:
        left, strengths, _ = randomized_svd(ppmi, vectors.shape[1], n_iter=3, random_state=seed)
        vectors[kept] = left * np.sqrt(strengths)
    return vectors


def _positive_pmi(bags: sparse.csr_array) -> sparse.csr_array:
    """Return max(0, log p(i, j) / (p(i) p'(j))) of tokens i and j that share a text, p' smoothed: float32 (v, v).

    A text of many tokens counts each pair for less, so that a token counts once in each text that it shares with
    another. A token that shares none counts as co-occurring with itself, which tells it from other such tokens.
    """
    others = np.asarray(bags.sum(axis=1)).ravel() - 1
    weighted = (sparse.diags_array((1 / np.maximum(1, others)).astype(np.float32)) @ bags).T.tocsr()
    marginals = bags.T @ (others > 0).astype(np.float64)
    isolated = marginals == 0
    marginals[isolated] = 1
    height = max(1, _PAIRS_AT_ONCE // len(marginals))
    parts = [
        _information((weighted[start : start + height] @ bags).tocoo(), start, marginals, isolated)
        for start in range(0, len(marginals), height)
    ]
    return sparse.vstack(parts, format="csr")


def _information(
    cooccurrences: sparse.coo_array, start: int, marginals: np.ndarray, isolated: np.ndarray
) -> sparse.csr_array:
    """Return the positive information of the rows from `start` on, of how often tokens share a text."""
    rows, columns = cooccurrences.coords
    counts = np.where(rows + start == columns, isolated[columns], cooccurrences.data)
    smoothed = marginals**_SMOOTHING
    with np.errstate(divide="ignore"):
        information = np.log(counts * smoothed.sum() / (marginals[rows + start] * smoothed[columns]))
    positive = information > 0
    found = information[positive].astype(np.float32), (rows[positive], columns[positive])
    return sparse.csr_array(found, shape=cooccurrences.shape)
