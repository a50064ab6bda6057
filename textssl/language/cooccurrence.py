"""Token vectors from co-occurrence: the factorised pointwise mutual information (PMI) of tokens within a text.

Contrasting random disjoint halves of texts (InfoNCE) drives the product of two token vectors towards the PMI of the
tokens. Factorising the PMI matrix reaches that optimum directly (Levy & Goldberg 2014), in seconds instead of minutes.
"""

import numpy as np
from scipy import sparse
from sklearn.utils.extmath import randomized_svd


def token_vectors(bags: sparse.csr_array, dimensions: int, seed: int, smoothing: float = 0.75) -> np.ndarray:
    """Factorise the positive PMI of tokens within a text (PPMI-SVD, Levy & Goldberg 2014).

    Args:
        bags: the tokens of each text, or of each part of one: 1 or 0, (texts, vocabulary).
        dimensions: of the vectors; fewer if the bags hold fewer tokens.
        seed: of the randomised factorisation (Halko et al. 2011).
        smoothing: exponent of the context frequencies; below 1, it lowers the PMI of rare contexts (Levy et al. 2015).
            Default 0.75.

    Returns:
        float32 (vocabulary, d); zero for a token that is in no bag.
    """
    kept = np.unique(bags.indices)
    vectors = np.zeros((bags.shape[1], max(1, min(dimensions, len(kept) - 1))), dtype=np.float32)
    if len(kept) and (ppmi := positive_pmi(bags[:, kept], smoothing)).nnz:
        left, strengths, _ = randomized_svd(ppmi, vectors.shape[1], n_iter=3, random_state=seed)
        vectors[kept] = left * np.sqrt(strengths)
    return vectors


def positive_pmi(bags: sparse.csr_array, smoothing: float = 0.75, block_pairs: int = 1 << 24) -> sparse.csr_array:
    """Return max(0, log p(i, j) / (p(i) p'(j))) of tokens i and j that share a text, p' smoothed: float32 (v, v).

    Each pair counts less in a longer text, so that a token counts once in every text that it shares with others. A
    token that shares none counts as co-occurring with itself, which distinguishes it from other such tokens.

    Args:
        bags: (texts, v), 1 or 0; every token is in at least one.
        smoothing: exponent of the context frequencies. Default 0.75.
        block_pairs: pairs of tokens computed at a time, before those without information are dropped; limits the
            memory for long texts, where almost any two tokens share one. Default 2 ** 24.
    """
    others = np.asarray(bags.sum(axis=1)).ravel() - 1
    weighted = (sparse.diags_array((1 / np.maximum(1, others)).astype(np.float32)) @ bags).T.tocsr()
    marginals = bags.T @ (others > 0).astype(np.float64)
    isolated = marginals == 0
    marginals[isolated] = 1
    height = max(1, block_pairs // len(marginals))
    parts = [
        _information((weighted[start : start + height] @ bags).tocoo(), start, marginals, isolated, smoothing)
        for start in range(0, len(marginals), height)
    ]
    return sparse.vstack(parts, format="csr")


def _information(
    cooccurrences: sparse.coo_array, start: int, marginals: np.ndarray, isolated: np.ndarray, smoothing: float
) -> sparse.csr_array:
    """Return the positive PMI of a block of rows from `start` on, given how often their tokens share a text."""
    rows, columns = cooccurrences.coords
    counts = np.where(rows + start == columns, isolated[columns], cooccurrences.data)
    smoothed = marginals**smoothing
    with np.errstate(divide="ignore"):
        information = np.log(counts * smoothed.sum() / (marginals[rows + start] * smoothed[columns]))
    positive = information > 0
    found = information[positive].astype(np.float32), (rows[positive], columns[positive])
    return sparse.csr_array(found, shape=cooccurrences.shape)
