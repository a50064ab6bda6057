"""A multinomial mixture over the words of texts (Nigam et al. 2000), which dissolves clusters without support."""

import numpy as np
from scipy import sparse


def mixture_memberships(bags: sparse.csr_array, labels: np.ndarray, n_iter: int = 15) -> np.ndarray:
    """Fit a multinomial mixture by EM; return the memberships, float32 (texts, remaining clusters).

    The Dirichlet prior gives each cluster as many pseudo-counts as the vocabulary has words, distributed as in the
    whole corpus. A cluster too small to outweigh them loses its texts to the cluster it was split from.

    Args:
        bags: the words of each text, 1 or 0, (texts, words).
        labels: (texts,) the initial clusters, 0 to k - 1.
        n_iter: EM iterations; more hardly change the clusters. Default 15.
    """
    vocabulary = bags.shape[1]
    whole = np.asarray(bags.sum(axis=0)).ravel() + 0.5
    whole /= whole.sum()
    memberships = np.eye(labels.max() + 1, dtype=np.float32)[labels]
    for _ in range(n_iter):
        counts = bags.T @ memberships
        share = (counts + vocabulary * whole[:, None]) / (counts.sum(axis=0) + vocabulary)
        scores = bags @ np.log(share / whole[:, None]).astype(np.float32)
        scores += np.log(memberships.mean(axis=0) + 1e-9)
        memberships = np.exp(scores - scores.max(axis=1, keepdims=True))
        memberships /= memberships.sum(axis=1, keepdims=True)
    supported = np.bincount(memberships.argmax(axis=1), minlength=memberships.shape[1]) >= 2
    # A text that belongs only to dropped clusters belongs to all others equally.
    memberships = np.maximum(memberships[:, supported], 1e-30)
    return memberships / memberships.sum(axis=1, keepdims=True)
