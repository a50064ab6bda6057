"""Row 4: grouping 100,000 and 1,000,000 vectors of 256 dimensions, by k-means and by density.

The vectors are those of arXiv titles and of sentences of arXiv abstracts, by a static encoder fitted on a sample of
them; they are made once and kept in runs/speed_vectors. A side of k-means also tells the mean cosine of the rows to the
mean direction of their group, a side of density the share of rows in a group, both the adjusted Rand index with the
groups of the first side.
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
GROUPS = 100
REDUCED = 15  # dimensions that hdbscan and fast_hdbscan are given, as many as textssl leaves by default

Vectors = np.ndarray
Fit = Callable[[Vectors], np.ndarray]
Figures = dict[str, float]


def mini_batch_kmeans(X: Vectors) -> np.ndarray:
    """Learn from batches of 1,024, its default."""
    from sklearn.cluster import MiniBatchKMeans

    return MiniBatchKMeans(GROUPS, random_state=0).fit_predict(X)


def kmeans(X: Vectors) -> np.ndarray:
    """Lloyd's algorithm from one k-means++ start, its default."""
    from sklearn.cluster import KMeans

    return KMeans(GROUPS, random_state=0).fit_predict(X)


def faiss_kmeans(X: Vectors) -> np.ndarray:
    """Learn 25 passes from 256 rows a group, its default, and place all rows."""
    import faiss

    X = np.ascontiguousarray(X)
    model = faiss.Kmeans(X.shape[1], GROUPS, seed=1, spherical=True)
    model.train(X)
    return model.index.search(X, 1)[1].ravel()


def hdbscan(X: Vectors) -> np.ndarray:
    """Grow the tree on reduced vectors."""
    from hdbscan import HDBSCAN

    return HDBSCAN(min_cluster_size=_least(X), min_samples=5).fit_predict(_reduced(X))


def fast_hdbscan(X: Vectors) -> np.ndarray:
    """Grow the tree on the same reduced vectors."""
    from fast_hdbscan import HDBSCAN

    return HDBSCAN(min_cluster_size=_least(X), min_samples=5).fit_predict(_reduced(X))


def umap_hdbscan(X: Vectors) -> np.ndarray:
    """As BERTopic sets both up."""
    from hdbscan import HDBSCAN
    from umap import UMAP

    points = UMAP(n_components=5, min_dist=0.0, metric="cosine", random_state=0).fit_transform(X)
    return HDBSCAN(min_cluster_size=_least(X)).fit_predict(points)


def evoc(X: Vectors) -> np.ndarray:
    """Find neighbours in all 256 dimensions."""
    from evoc import EVoC

    return EVoC(base_min_cluster_size=_least(X), random_state=0).fit_predict(np.ascontiguousarray(X))


def textssl(method: str, X: Vectors) -> np.ndarray:
    """Group as `textssl cluster` does; density finds its own number of groups."""
    from textssl.clustering.clustering import cluster
    from textssl.clustering.settings import ClusteringSettings

    return cluster(X, ClusteringSettings(method, "auto" if method == "hdbscan" else GROUPS)).labels


def _least(X: Vectors) -> int:
    """Return the smallest group that all look for: what textssl's "auto" gives."""
    from textssl.clustering.hdbscan import auto_size

    return auto_size(len(X))


def _reduced(X: Vectors) -> Vectors:
    """Return principal components, of unit length again: as textssl's HDBSCAN, but for its steps of mean shift."""
    from sklearn.decomposition import PCA

    points = PCA(REDUCED, random_state=0).fit_transform(X)
    return points / np.linalg.norm(points, axis=1, keepdims=True)


def _side(fit: Fit, rows: int, measure: Callable[[Vectors, np.ndarray], Figures], options: Options) -> Figures:
    X = vectors(rows // 10 if options.quick else rows)
    fit(X[:2_000])  # what is compiled or loaded on first use
    started = time.perf_counter()
    labels = fit(X)
    seconds = time.perf_counter() - started
    return {"seconds": seconds} | measure(X, labels) | {"ARI with the first": _ari_with_first(labels, options.work)}


def vectors(rows: int) -> Vectors:
    """Return vectors of so many texts, float32 (rows, 256), a memory map."""
    sources = ("lm_arxiv_titles", "lm_arxiv_abstracts.train")
    texts = list(dict.fromkeys(piece for name in sources for piece in _pieces(DATA / f"{name}.txt.gz")))[:1_000_000]
    return encoded([texts[row] for row in np.random.default_rng(0).permutation(len(texts))[:rows]], str(rows))


def encoded(texts: list[str], name: str) -> Vectors:
    """Return the vectors of texts by a static encoder fitted on 100,000 of them at most; made on the first call."""
    path = VECTORS / f"{name}.npy"
    if not path.exists():
        from textssl import TextEncoder, encode

        encoder = TextEncoder(form="static").fit(texts[:: max(1, len(texts) // 100_000)])
        encode(encoder.sentence_transformer, texts, path)
    return np.load(path, mmap_mode="r")


def lines_of(path: Path) -> Iterator[str]:
    """Yield the lines of a text file that gzip packed."""
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        yield from lines


def _pieces(path: Path) -> Iterator[str]:
    """Yield titles, or sentences of abstracts, of 20 characters at least."""
    for line in lines_of(path):
        yield from (piece for piece in line.strip().split(". ") if len(piece) >= 20)


def _mean_cosine(X: Vectors, labels: np.ndarray) -> Figures:
    members = csr_array((np.ones(len(X), np.float32), (labels, np.arange(len(X)))))
    return {"mean cosine": float(np.linalg.norm(members @ X, axis=1).sum() / len(X))}


def _coverage(X: Vectors, labels: np.ndarray) -> Figures:
    return {"groups": int(labels.max()) + 1, "in a group": float(np.mean(labels >= 0))}


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
# At a million rows the others take longer than anyone waits.
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
