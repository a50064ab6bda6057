"""The baseline every result is shown beside: TF-IDF, SVD and k-means, without any learning."""

import warnings
from collections.abc import Iterable

import numpy as np


def tfidf_kmeans(texts: Iterable[str], clusters: int, seed: int = 0, dimensions: int = 100) -> np.ndarray:
    """Group texts by their words alone (latent semantic analysis, Deerwester et al. 1990): int32 (n,)."""
    from sklearn.cluster import KMeans
    from sklearn.decomposition import TruncatedSVD
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.preprocessing import normalize

    try:
        counts = TfidfVectorizer(sublinear_tf=True, min_df=2).fit_transform(texts)
    except ValueError:  # no word occurs twice: nothing to compare by
        return np.zeros(len(list(texts)), dtype=np.int32)
    words = counts.shape[1]
    if words < 2:  # too few to factorise
        vectors = counts.toarray()
    else:
        vectors = TruncatedSVD(min(dimensions, words - 1), random_state=seed).fit_transform(counts)
    kmeans = KMeans(min(clusters, len(vectors)), n_init=4, random_state=seed)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # fewer distinct texts than classes: so be it
        return kmeans.fit_predict(normalize(vectors)).astype(np.int32)
