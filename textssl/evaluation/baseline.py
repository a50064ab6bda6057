"""The baseline that every result is compared with: k-means on TF-IDF and SVD, without a language model."""

import warnings
from collections.abc import Iterable
from itertools import islice

import numpy as np

from textssl.language.scripts import has_spaces


def tfidf_kmeans(texts: Iterable[str], clusters: int, seed: int = 0, dimensions: int = 100) -> np.ndarray:
    """Group texts by their words alone (latent semantic analysis, Deerwester et al. 1990): int32 (n,).

    The terms of scripts without spaces are characters and pairs of characters.

    Args:
        texts: n texts; iterated more than once.
        clusters: number of groups; n if there are fewer texts.
        seed: for the SVD and k-means.
        dimensions: number of dimensions that the SVD keeps.
    """
    from sklearn.cluster import KMeans
    from sklearn.decomposition import TruncatedSVD
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.preprocessing import normalize

    terms = {} if has_spaces(islice(texts, 2_000)) else {"analyzer": "char", "ngram_range": (1, 2)}
    try:
        counts = TfidfVectorizer(sublinear_tf=True, min_df=2, **terms).fit_transform(texts)
    except ValueError:  # no word occurs twice: nothing to compare
        return np.zeros(len(list(texts)), dtype=np.int32)
    words = counts.shape[1]
    if words < 2:  # too few to factorise
        vectors = counts.toarray()
    else:
        with np.errstate(invalid="ignore"):  # texts of the same words have no variance to explain
            vectors = TruncatedSVD(min(dimensions, words - 1), random_state=seed).fit_transform(counts)
    kmeans = KMeans(min(clusters, len(vectors)), n_init=4, random_state=seed)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # fewer distinct texts than clusters
        return kmeans.fit_predict(normalize(vectors)).astype(np.int32)
