"""Novelty: texts of a class, or of the classes of a set, are learned from without labels; which others are odd?

python scripts/benchmarks/novelty.py [--sets agnews_test ...] [--systems auto minilm ...] [--seeds 3] [--test 1500]

Protocols: "one class in" (AG News, BBC, StackOverflow: half of the texts of a class are learned from; its other half is
usual, the other classes are odd; mean over the classes, or over --classes of them); "five classes out" (StackOverflow:
half of the texts of the other 15 are learned from); "out of scope" (hint3: the training split is learned from, the rows
labelled out_of_scope of the test split are odd). --dirty 0.1 puts odd texts among the texts learned from, as a share of
them. --all learns the vectors from all texts, without labels; otherwise from the texts learned from alone.

Systems: every detector of textssl and auto, on vectors that a run of textssl learns from nothing; the same with
"+minilm", on the vectors of MiniLM (what a run adapted from MiniLM reads); and the peers, 10 nearest neighbours by
MiniLM and by TF-IDF, SVD 100 (fitted on all texts). AUROC (AUPRC) of odd against usual texts, at most --test of them.
Cells are written to --out when they are done, vectors to --vectors; the same command again computes those that are
missing. Prints a Markdown table. Data is read from $TEXTSSL_DATA, by default ../shared/data.
"""

import argparse
import gzip
import json
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import numpy as np
from choices import OUT_OF_SCOPE
from clustering import DATA, encode_once, load

ONE_CLASS = ("agnews_test", "bbc_news", "stackoverflow")
HINT3 = ("hint3_curekart", "hint3_powerplay11", "hint3_sofmattress")
SETS = (*ONE_CLASS, "stackoverflow_five_out", *HINT3)
PEERS = ("minilm", "tfidf")
DETECTORS = ("auto", "neighbours", "words", "letters", "kernel", "gmm", "groups", "flow", "autoencoder")
READY_MADE = 4.0  # weight of MiniLM's vectors in auto, as in a run


@dataclass(frozen=True)
class Case:
    """One task: the rows that are learned from, those that are judged, and which of these are odd."""

    data: str
    name: str
    learned: np.ndarray
    judged: np.ndarray
    odd: np.ndarray


def cases(name: str, seed: int, classes: int, test: int, dirty: float) -> Iterator[Case]:
    """Yield the tasks of a set."""
    data = name.removesuffix("_five_out")
    labels = np.array(load(data)[1])
    rng = np.random.default_rng(seed)
    known = sorted(set(labels))
    if name in HINT3:
        split, out = splits(data), np.isin(labels, OUT_OF_SCOPE)
        yield case(data, name, split == "train", (split == "test") & ~out, (split == "test") & out, test, dirty, rng)
    elif data != name:
        out = np.isin(labels, rng.choice(known, 5, replace=False))
        half = rng.permutation(len(labels)) % 2 == 0
        yield case(data, name, ~out & half, ~out & ~half, out, test, dirty, rng)
    else:
        for kept in sorted(rng.choice(known, min(classes, len(known)), replace=False)):
            inside, half = labels == kept, rng.permutation(len(labels)) % 2 == 0
            yield case(data, f"{name}_{kept}", inside & half, inside & ~half, ~inside, test, dirty, rng)


def case(data, name, learned, usual, odd, test, dirty, rng) -> Case:
    """Return a task from three masks of rows; some odd rows become learned if the training data is to be dirty."""
    learned, odd = np.flatnonzero(learned), rng.permutation(np.flatnonzero(odd))
    put = round(dirty * len(learned) / (1 - dirty))
    judged = rng.permutation(np.concatenate([np.flatnonzero(usual), odd[put:]]))[:test]
    name = name.replace("/", "") + (f"_dirty{dirty}" if dirty else "")
    return Case(data, name, np.sort(np.concatenate([learned, odd[:put]])), judged, np.isin(judged, odd))


def splits(data: str) -> np.ndarray:
    """Return the published split of each row."""
    with gzip.open(DATA / f"{data}.jsonl.gz", "rt", encoding="utf-8") as file:
        return np.array([json.loads(line)["split"] for line in file])


def own_vectors(task: Case, seed: int, everything: bool, folder: Path) -> np.ndarray:
    """Return vectors of all rows by an encoder that a run learned from nothing."""
    import textssl
    from textssl.config import build

    path = folder / f"{task.data if everything else task.name}_{seed}.npy"
    if not path.exists():
        texts = load(task.data)[0]
        settings = {"seed": seed, "pretraining": {"tokens": 1_000}, "reporting": {"map_points": 0}}
        settings |= {"clustering": {"method": "minibatch_kmeans", "n_clusters": 2, "calibrate": False}}
        settings |= {"reduction": {"method": "pca"}}
        with tempfile.TemporaryDirectory() as work:
            learned = texts if everything else [texts[row] for row in task.learned]
            run = textssl.run(learned, Path(work) / "run", build(textssl.RunSettings, settings))
            vectors = textssl.encode(run.folder / "encoder", texts)
        folder.mkdir(parents=True, exist_ok=True)
        np.save(path, vectors)
    return np.load(path)


def tfidf_vectors(data: str, seed: int) -> np.ndarray:
    """Return the vectors of all rows by TF-IDF and SVD to 100 dimensions, fitted on all of them."""
    from sklearn.decomposition import TruncatedSVD
    from sklearn.feature_extraction.text import TfidfVectorizer

    counts = TfidfVectorizer(sublinear_tf=True, min_df=2).fit_transform(load(data)[0])
    return TruncatedSVD(100, random_state=seed).fit_transform(counts).astype(np.float32)


def score(task: Case, system: str, seed: int, everything: bool, folder: Path) -> np.ndarray:
    """Return how odd a system finds the judged rows."""
    from textssl.density import DensitySettings, fit_novelty

    method, _, by = system.partition("+")
    if method in PEERS:
        method, by = "neighbours", method
    if by == "minilm":
        encode_once(task.data, folder / "minilm")
        vectors = np.load(folder / "minilm" / f"{task.data}.npy")
    else:
        vectors = tfidf_vectors(task.data, seed) if by == "tfidf" else own_vectors(task, seed, everything, folder)
    texts = np.array(load(task.data)[0], dtype=object)
    learned, judged = texts[task.learned].tolist(), texts[task.judged].tolist()
    weight = READY_MADE if by == "minilm" else 1.0
    model = fit_novelty(vectors[task.learned], learned, DensitySettings(method), seed, encoder_weight=weight)
    found = -model.score_samples(vectors[task.judged], judged)
    return np.where(np.isfinite(found), found, 1e9)


def measure(name: str, system: str, seed: int, args: argparse.Namespace) -> dict:
    """Return the mean AUROC and AUPRC of a system over the tasks of a set."""
    from sklearn.metrics import average_precision_score, roc_auc_score

    scores = []
    for task in cases(name, seed, args.classes, args.test, args.dirty):
        found = score(task, system, seed, args.all, args.vectors)
        scores.append((roc_auc_score(task.odd, found), average_precision_score(task.odd, found)))
    auroc, auprc = np.mean(scores, axis=0)
    return {"auroc": round(float(auroc), 4), "auprc": round(float(auprc), 4), "tasks": len(scores)}


def table(cells: list[dict]) -> str:
    """Return the means over the seeds as Markdown: AUROC (AUPRC) per set, then the mean AUROC."""
    sets = list(dict.fromkeys(cell["set"] for cell in cells))
    lines = [f"| system | {' | '.join(sets)} | mean |", "|---" * (len(sets) + 2) + "|"]
    for system in dict.fromkeys(cell["system"] for cell in cells):
        of = [[cell for cell in cells if (cell["system"], cell["set"]) == (system, name)] for name in sets]
        means = [tuple(np.mean([cell[key] for cell in some]) for key in ("auroc", "auprc")) for some in of if some]
        shown = iter(f"{auroc:.3f} ({auprc:.3f})" for auroc, auprc in means)
        row = " | ".join(next(shown) if some else "-" for some in of)
        lines.append(f"| {system} | {row} | {np.mean([auroc for auroc, _ in means]):.3f} |")
    return "\n".join(lines)


def main() -> None:
    """Run the requested cells that are missing, and print the table."""
    systems = (*DETECTORS, *(f"{name}+minilm" for name in DETECTORS), *PEERS)
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sets", nargs="+", default=SETS, choices=SETS)
    parser.add_argument("--systems", nargs="+", default=systems, choices=systems)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--classes", type=int, default=100, help="classes of a set that are kept in, one at a time")
    parser.add_argument("--test", type=int, default=1_500, help="rows judged in each task")
    parser.add_argument("--dirty", type=float, default=0.0, help="share of odd texts among those learned from")
    parser.add_argument("--all", action="store_true", help="learn the vectors from all texts, without labels")
    parser.add_argument("--vectors", type=Path, default=Path("runs/novelty"))
    parser.add_argument("--out", type=Path, default=Path("runs/novelty.json"))
    args = parser.parse_args()
    cells = json.loads(args.out.read_text(encoding="utf-8")) if args.out.exists() else []
    args.out.parent.mkdir(parents=True, exist_ok=True)
    how = {"classes": args.classes, "test": args.test, "dirty": args.dirty, "all": args.all}
    for seed, name, system in product(range(args.seeds), args.sets, args.systems):
        cell = {"set": name, "system": system, "seed": seed, **how}
        if not any(cell.items() <= done.items() for done in cells):
            cells.append(cell | measure(name, system, seed, args))
            print(json.dumps(cells[-1]), flush=True)
            args.out.write_text(json.dumps(cells, indent=1), encoding="utf-8")
    print(table([cell for cell in cells if how.items() <= cell.items()]))


if __name__ == "__main__":
    main()
