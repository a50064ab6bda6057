"""Row 4: cluster 100,000 and 1,000,000 vectors of 256 dimensions by k-means and by density.

A static encoder, fitted on a sample, makes the vectors of arXiv titles and of sentences of arXiv abstracts once; they
are kept in runs/speed_vectors. Further figures: for k-means the mean cosine of the rows with the mean direction of
their cluster, for density the number of clusters and the share of rows in one, and for both the adjusted Rand index
with the clusters of the first side.
"""

import gzip
import os
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from scipy.sparse import csr_array
from speed_rows.case import Case, Options

DATA = Path(os.environ.get("TEXTSSL_DATA", Path(__file__).parents[4] / "shared" / "data"))
VECTORS = Path("runs/speed_vectors")
CLUSTERS = 100
REDUCED = 15  # dimensions of the input of hdbscan and fast_hdbscan, as many as textssl keeps by default

Vectors = np.ndarray
Fit = Callable[[Vectors], np.ndarray]
Figures = dict[str, float]


def mini_batch_kmeans(X: Vectors) -> np.ndarray:
    """Batches of 1,024, its default."""
    from sklearn.cluster import MiniBatchKMeans

    return MiniBatchKMeans(CLUSTERS, random_state=0).fit_predict(X)


def kmeans(X: Vectors) -> np.ndarray:
    """Lloyd's algorithm with one k-means++ initialisation, its default."""
    from sklearn.cluster import KMeans

    return KMeans(CLUSTERS, random_state=0).fit_predict(X)


def faiss_kmeans(X: Vectors) -> np.ndarray:
    """25 iterations on 256 rows per cluster, its default; then all rows are assigned."""
    import faiss

    X = np.ascontiguousarray(X)
    model = faiss.Kmeans(X.shape[1], CLUSTERS, seed=1, spherical=True)
    model.train(X)
    return model.index.search(X, 1)[1].ravel()


def hdbscan(X: Vectors) -> np.ndarray:
    """The original HDBSCAN on reduced vectors."""
    from hdbscan import HDBSCAN

    return HDBSCAN(min_cluster_size=_min_cluster_size(X), min_samples=5).fit_predict(_reduced(X))


def fast_hdbscan(X: Vectors) -> np.ndarray:
    """fast_hdbscan on the same reduced vectors."""
    from fast_hdbscan import HDBSCAN

    return HDBSCAN(min_cluster_size=_min_cluster_size(X), min_samples=5).fit_predict(_reduced(X))


def umap_hdbscan(X: Vectors) -> np.ndarray:
    """UMAP and HDBSCAN with BERTopic's settings."""
    from hdbscan import HDBSCAN
    from umap import UMAP

    points = UMAP(n_components=5, min_dist=0.0, metric="cosine", random_state=0).fit_transform(X)
    return HDBSCAN(min_cluster_size=_min_cluster_size(X)).fit_predict(points)


def evoc(X: Vectors) -> np.ndarray:
    """EVoC, which finds neighbours in all 256 dimensions."""
    from evoc import EVoC

    return EVoC(base_min_cluster_size=_min_cluster_size(X), random_state=0).fit_predict(np.ascontiguousarray(X))


def textssl(method: str, X: Vectors) -> np.ndarray:
    """The same as `textssl cluster`; hdbscan finds the number of clusters."""
    from textssl.clustering.clustering import cluster
    from textssl.clustering.settings import ClusteringSettings

    return cluster(X, ClusteringSettings(method, "auto" if method == "hdbscan" else CLUSTERS)).labels


def _min_cluster_size(X: Vectors) -> int:
    """Return the minimum cluster size of all sides: textssl's "auto"."""
    from textssl.clustering.hdbscan import auto_size

    return auto_size(len(X))


def _reduced(X: Vectors) -> Vectors:
    """Return principal components scaled to unit length, as in textssl's HDBSCAN but without its mean shift."""
    from sklearn.decomposition import PCA

    points = PCA(REDUCED, random_state=0).fit_transform(X)
    return points / np.linalg.norm(points, axis=1, keepdims=True)


def _side(fit: Fit, rows: int, measure: Callable[[Vectors, np.ndarray], Figures], options: Options) -> Figures:
    X = vectors(rows // 10 if options.quick else rows)
    fit(X[:2_000])  # warm-up: code is compiled and loaded on first use
    started = time.perf_counter()
    labels = fit(X)
    seconds = time.perf_counter() - started
    return {"seconds": seconds} | measure(X, labels) | {"ARI with the first": _ari_with_first(labels, options.work)}


def vectors(rows: int) -> Vectors:
    """Return the vectors of `rows` texts, float32 (rows, 256), a memory map."""
    sources = ("lm_arxiv_titles", "lm_arxiv_abstracts.train")
    texts = list(dict.fromkeys(piece for name in sources for piece in _pieces(DATA / f"{name}.txt.gz")))[:1_000_000]
    return encoded([texts[row] for row in np.random.default_rng(0).permutation(len(texts))[:rows]], str(rows))


def encoded(texts: list[str], name: str) -> Vectors:
    """Return the vectors of texts by a static encoder fitted on about 100,000 of them; the first call makes them."""
    path = VECTORS / f"{name}.npy"
    if not path.exists():
        from textssl import TextEncoder, encode

        encoder = TextEncoder(form="static").fit(texts[:: max(1, len(texts) // 100_000)])
        encode(encoder.sentence_transformer, texts, path)
    return np.load(path, mmap_mode="r")


def lines_of(path: Path) -> Iterator[str]:
    """Yield the lines of a gzipped text file."""
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        yield from lines


def _pieces(path: Path) -> Iterator[str]:
    """Yield titles, or sentences of abstracts, of at least 20 characters."""
    for line in lines_of(path):
        yield from (piece for piece in line.strip().split(". ") if len(piece) >= 20)


def _mean_cosine(X: Vectors, labels: np.ndarray) -> Figures:
    members = csr_array((np.ones(len(X), np.float32), (labels, np.arange(len(X)))))
    return {"mean cosine": float(np.linalg.norm(members @ X, axis=1).sum() / len(X))}


def _coverage(X: Vectors, labels: np.ndarray) -> Figures:
    return {"clusters": int(labels.max()) + 1, "in a cluster": float(np.mean(labels >= 0))}


def _ari_with_first(labels: np.ndarray, work: Path) -> float:
    from sklearn.metrics import adjusted_rand_score

    first = work / "labels.npy"
    if not first.exists():
        np.save(first, labels)
    return float(adjusted_rand_score(np.load(first), labels))


KMEANS: dict[str, Fit] = {
    "scikit-learn MiniBatchKMeans": mini_batch_kmeans,
    "scikit-learn KMeans": kmeans,
    "faiss Kmeans": faiss_kmeans,
    "textssl kmeans": partial(textssl, "kmeans"),
    "textssl minibatch_kmeans": partial(textssl, "minibatch_kmeans"),
}
DENSITY: dict[str, Fit] = {
    "EVoC": evoc,
    "hdbscan": hdbscan,
    "fast_hdbscan": fast_hdbscan,
    "UMAP + hdbscan": umap_hdbscan,
    "textssl hdbscan": partial(textssl, "hdbscan"),
}
# The others would take too long for a million rows.
MANY_KMEANS = {name: fit for name, fit in KMEANS.items() if name != "scikit-learn KMeans"}
MANY_DENSITY = {name: DENSITY[name] for name in ("EVoC", "textssl hdbscan")}


def _sides(fits: dict[str, Fit], rows: int, measure: Callable[[Vectors, np.ndarray], Figures]) -> dict[str, Any]:
    return {name: partial(_side, fit, rows, measure) for name, fit in fits.items()}


CASES = (
    Case("k-means, 100,000 x 256", "s", _sides(KMEANS, 100_000, _mean_cosine), ("faiss",)),
    Case("k-means, 1,000,000 x 256", "s", _sides(MANY_KMEANS, 1_000_000, _mean_cosine), ("faiss",)),
    Case("density, 100,000 x 256", "s", _sides(DENSITY, 100_000, _coverage), ("evoc", "fast_hdbscan", "umap")),
    Case("density, 1,000,000 x 256", "s", _sides(MANY_DENSITY, 1_000_000, _coverage), ("evoc",)),
)
