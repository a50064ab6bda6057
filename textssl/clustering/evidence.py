"""How well clusters explain the words of their texts: the evidence of a mixture of word distributions."""

import numpy as np
from scipy import sparse
from scipy.special import gammaln


def word_evidence(bags: sparse.csr_array, labels: np.ndarray, prior: float = 0.2) -> float:
    """Return the log evidence of the words of texts given their clusters, the mean over the words, in nats.

    Each cluster has its own distribution of words, of which a Dirichlet distribution around that of all texts is the
    prior; the distributions are integrated out (Dirichlet compound multinomial, Minka 2000; as a criterion for
    clusters of texts, Yin & Wang 2014). So more words in common raise the evidence, and a cluster of a few texts that
    share none lowers it. It depends on no vectors, and so compares clusters that were found in any of them.

    Args:
        bags: the words of each text, 1 or 0, (texts, words).
        labels: (texts,) the cluster of each text; texts with -1 do not count.
        prior: pseudo-counts of the Dirichlet distribution per word of the vocabulary. Default 0.2.

    Returns:
        The evidence, below 0; 0 if the texts have no words.
    """
    bags = bags[labels >= 0]
    used = np.unique(bags.indices)
    if not len(used):
        return 0.0
    bags = bags[:, used]
    clusters, members = np.unique(labels[labels >= 0], return_inverse=True)
    ones = np.ones(len(members), np.float32)
    counts = (sparse.csr_array((ones, (members, np.arange(len(members))))) @ bags).tocoo()
    frequencies = np.asarray(bags.sum(axis=0)).ravel()
    total = prior * len(used)
    expected = (total * frequencies / frequencies.sum())[counts.coords[1]]
    sizes = np.bincount(counts.coords[0], counts.data, len(clusters))
    joint = (gammaln(expected + counts.data) - gammaln(expected)).sum() + (
        gammaln(total) - gammaln(total + sizes)
    ).sum()
    return float(joint / sizes.sum())
