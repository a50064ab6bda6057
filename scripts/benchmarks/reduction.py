"""Dimensionality reduction: what each reducer keeps of the vectors, and what it costs.

python scripts/benchmarks/reduction.py [--rows 15000 100000] [--methods pca tsne ...] [--dimensions 2 10]

Vectors are those of a static encoder from nothing, of arXiv titles (no labels) and of StackOverflow's titles (20 known
classes). Each cell (rows, method, dimensions) runs in its own process, one at a time, which measures its processor
seconds and peak memory. Rows: all are placed; methods learn from a sample (see `textssl.reduction`). "umap-learn" is
umap-learn itself, fitted to all rows, and "openTSNE" is openTSNE with its defaults on all rows, as far as they go.

Neighbours kept: of 1,000 rows, the share of the 15 nearest among all rows that are still among the 15 nearest. Accuracy
of k-means with K = 20, and of HDBSCAN, on StackOverflow only (every text counts; noise is wrong). Prints a Markdown
table. Data is read from $TEXTSSL_DATA, by default ../shared/data.
"""

import argparse
import gzip
import json
import os
import resource
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

DATA = Path(os.environ.get("TEXTSSL_DATA", Path(__file__).parents[3] / "shared" / "data"))
OURS = ("pca", "tsne", "umap", "autoencoder", "autoencoder with density")
PEERS = ("openTSNE", "umap-learn")
QUERIES, NEIGHBOURS = 1_000, 15


def vectors_of(name: str, rows: int, work: Path) -> tuple[np.ndarray, list[str] | None]:
    """Return vectors of a static encoder fitted to the texts, made once, and the labels of StackOverflow."""
    from textssl import TextEncoder

    if name == "stackoverflow":
        with gzip.open(DATA / "stackoverflow.jsonl.gz", "rt") as file:
            records = [json.loads(line) for line in file]
        texts, labels = [record["text"] for record in records], [str(record["label"]) for record in records]
    else:
        with gzip.open(DATA / "lm_arxiv_titles.txt.gz", "rt") as file:
            texts, labels = [line.strip() for _, line in zip(range(rows), file, strict=False)], None
        texts = (texts * -(-rows // len(texts)))[:rows]
    path = work / f"{name}_{len(texts)}.npy"
    if not path.exists():
        distinct = list(dict.fromkeys(filter(str.strip, texts)))
        np.save(path, TextEncoder(dimensions=128).fit(distinct).transform(texts))
    return np.load(path, mmap_mode="r"), labels


def reduced(method: str, vectors: np.ndarray, dimensions: int) -> np.ndarray:
    """Return the vectors, (n, dimensions)."""
    if method == "openTSNE":
        import openTSNE

        return np.asarray(openTSNE.TSNE(n_components=dimensions, random_state=0).fit(np.asarray(vectors)))
    if method == "umap-learn":
        import umap

        return umap.UMAP(n_components=dimensions, random_state=0, n_jobs=1).fit_transform(np.asarray(vectors))
    from textssl import ReductionSettings, reduce

    name, _, density = method.partition(" with ")
    settings = ReductionSettings(name, density_components=4 if density else 0)
    return reduce(vectors, dimensions, settings).vectors


def kept(vectors: np.ndarray, points: np.ndarray) -> float:
    """Return the share of the nearest neighbours that are still the nearest."""
    from sklearn.neighbors import NearestNeighbors

    queries = np.random.default_rng(0).choice(len(vectors), QUERIES, replace=False)
    found = [
        NearestNeighbors(n_neighbors=NEIGHBOURS + 1, algorithm="brute").fit(space).kneighbors(space[queries])[1][:, 1:]
        for space in (np.asarray(vectors, np.float32), np.asarray(points, np.float32))
    ]
    return float(np.mean([len(set(a) & set(b)) / NEIGHBOURS for a, b in zip(*found, strict=True)]))


def accuracies(points: np.ndarray, labels: list[str]) -> dict[str, float]:
    """Return the accuracy of k-means and of HDBSCAN on the points."""
    from hdbscan import HDBSCAN
    from sklearn.cluster import KMeans

    from textssl.evaluation.metrics import agreement

    k = len(set(labels))
    found = {
        "k-means": KMeans(k, n_init=4, random_state=0).fit_predict(points),
        "HDBSCAN": HDBSCAN(min_cluster_size=100, core_dist_n_jobs=1).fit_predict(np.asarray(points, np.float64)),
    }
    return {name: agreement(groups, labels)["acc"] for name, groups in found.items()}


def cell(method: str, name: str, rows: int, dimensions: int, work: Path) -> dict[str, float]:
    """Measure one cell."""
    vectors, labels = vectors_of(name, rows, work)
    if method == "unreduced":
        points, seconds = np.asarray(vectors), 0.0
    else:
        reduced(method, vectors[:500], dimensions)  # code is compiled and loaded on first use
        started = time.process_time()
        points = reduced(method, vectors, dimensions)
        seconds = time.process_time() - started
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    figures = {"seconds": seconds, "GB": memory, "kept": kept(vectors, points)}
    return figures | (accuracies(points, labels) if labels else {})


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, nargs="+", default=[15_000, 100_000, 1_000_000])
    parser.add_argument("--methods", nargs="+", default=["unreduced", *OURS, *PEERS])
    parser.add_argument("--dimensions", type=int, nargs="+", default=[2, 10])
    parser.add_argument("--sets", nargs="+", default=["stackoverflow", "arxiv"])
    parser.add_argument("--work", type=Path, default=Path("/tmp/textssl-reduction"))
    parser.add_argument("--cell", help=argparse.SUPPRESS)
    args = parser.parse_args()
    args.work.mkdir(exist_ok=True)
    if args.cell:
        method, name, rows, dimensions = json.loads(args.cell)
        print(json.dumps(cell(method, name, rows, dimensions, args.work)))
        return
    print("| rows | method | dimensions | seconds | GB | neighbours kept | k-means | HDBSCAN |\n|" + "---|" * 8)
    for name in args.sets:
        for rows in [20_000] if name == "stackoverflow" else args.rows:
            for dimensions in args.dimensions:
                for method in args.methods:
                    if "TSNE" in method.upper() and dimensions > 2:
                        continue
                    given = json.dumps([method, name, rows, dimensions])
                    command = [sys.executable, __file__, "--work", str(args.work), "--cell", given]
                    ended = subprocess.run(command, capture_output=True, text=True)
                    if ended.returncode:
                        print(f"| {name} {rows:,} | {method} | {dimensions} | – | – | – | – | – |", flush=True)
                        continue
                    found = json.loads(ended.stdout.splitlines()[-1])
                    shown = [f"{found['seconds']:.1f}", f"{found['GB']:.1f}", f"{found['kept']:.3f}"]
                    shown += [f"{found[key]:.3f}" if key in found else "–" for key in ("k-means", "HDBSCAN")]
                    print(f"| {name} {rows:,} | {method} | {dimensions} | {' | '.join(shown)} |", flush=True)


if __name__ == "__main__":
    main()
