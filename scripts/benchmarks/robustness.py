"""Robustness: groups and classifiers when texts are corrupted, and classifiers under shift.

python scripts/benchmarks/robustness.py [--sets snips ...] [--out runs/robustness.json]

Every set is run from nothing, K given, at most 2,500 texts: once as it is, and once with misspelt words read in pieces,
not as the known words that are spelled most like them, as it was before. `textssl.robustness` measures both; k-means is
the mean accuracy of five seeds on clean texts. "each letter" corrupts every letter with the given rate, not one letter
of a word.

Classifiers: logistic regression on the TF-IDF of words, and of 1 to 4 characters, which know the labelled texts alone,
and on vectors that a run learned from all texts without labels (in pieces: as above); trained on 20 texts per class,
tested on at most 1,500 others, clean and corrupted; three draws. Under shift: arXiv titles up to 2012, tested on those
from 2017 on; the six intents that banking and finance share, trained on one, tested on the other.

Cells are written to --out when they are done; the same command again runs those that are missing. Data is read from
$TEXTSSL_DATA, by default ../shared/data.
"""

import argparse
import gzip
import json
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from functools import partial
from pathlib import Path
from unittest.mock import patch

import numpy as np
from clustering import DATA
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression

import textssl
from textssl.config import build
from textssl.evaluation.corruptions.letters import keyboard
from textssl.evaluation.corruptions.registry import CORRUPTIONS
from textssl.evaluation.metrics import agreement

SETS = (
    "dstc11_banking",
    "dstc11_finance",
    "dstc11_insurance",
    "hint3_curekart",
    "stackoverflow",
    "searchsnippets",
    "snips",
    "agnews_test",
    "agnews_sccl8000",
    "bbc_news",
)
CLASSIFIED = ("agnews_test", "snips", "stackoverflow", "searchsnippets", "dstc11_finance")
SHIFTS = ("arxiv_dated", "dstc11_banking > dstc11_finance", "dstc11_finance > dstc11_banking")
SYSTEMS = ("in pieces", "textssl")
RATE = 0.1
MOST_TEXTS, TESTED, PER_CLASS, DRAWS, SEEDS = 2_500, 1_500, 20, 3, 5
OUT_OF_SCOPE = ("", "NO_NODES_DETECTED", "oos", "out_of_scope")
CORRUPTIONS["each_letter"] = lambda text, rate, random: "".join(keyboard(letter, rate, random) for letter in text)


def load(name: str) -> list[dict]:
    """Return at most `MOST_TEXTS` rows of a set that belong to a class."""
    with gzip.open(DATA / f"{name}.jsonl.gz", "rt", encoding="utf-8") as file:
        rows = [row for row in map(json.loads, file) if str(row["label"]) not in OUT_OF_SCOPE]
    if name == "arxiv_dated":
        rows = [row for row in rows if not 2012 < int(row["date"][:4]) < 2017]
    kept = np.random.default_rng(0).permutation(len(rows))[: MOST_TEXTS * (1 + (name in SHIFTS))]
    return [rows[row] for row in np.sort(kept)]


@contextmanager
def in_pieces() -> Iterator[None]:
    """Let static encoders read misspelt words in pieces."""
    with (
        patch("textssl.encoder.inference.forward.respelled", lambda model, ids, words: (ids, words)),
        patch("textssl.encoder.inference.spelling.PlainLetters.read", lambda self, text: text),
    ):
        yield


def run(rows: list[dict], work: Path) -> textssl.Run:
    """Return a run from nothing, with as many clusters as classes and little pretraining, which static vectors skip."""
    (work / "rows.jsonl").write_text(
        "\n".join(json.dumps({"text": row["text"], "label": str(row["label"])}) for row in rows), encoding="utf-8"
    )
    settings = {
        "corpus": {"text_column": "text", "label_column": "label"},
        "pretraining": {"tokens": 1_000},
        "clustering": {"n_clusters": len({row["label"] for row in rows}), "calibrate": False},
        "reporting": {"map_points": 0},
    }
    return textssl.run(work / "rows.jsonl", work / "run", build(textssl.RunSettings, settings))


def measure_groups(name: str) -> list[dict]:
    """Return the robustness of the groups of a set, misspelt words read as known words and in pieces."""
    cells = []
    for system in SYSTEMS:
        with tempfile.TemporaryDirectory() as work, in_pieces() if system == "in pieces" else nullcontext():
            made = run(load(name), Path(work))
            found = textssl.robustness(made.folder, rates=[RATE])
            clean = _kmeans(made.embeddings, [str(row["label"]) for row in load(name)])
        cells += [{"part": "groups", "set": name, "system": system, "kmeans": clean, **row} for row in found]
    return cells


def _kmeans(vectors: np.ndarray, labels: list[str]) -> float:
    """Return the mean accuracy of k-means of five seeds: that of one seed varies by .02."""
    settings = textssl.ClusteringSettings("kmeans", n_clusters=len(set(labels)), calibrate=False)
    found = [textssl.cluster(np.array(vectors), settings, seed).labels for seed in range(SEEDS)]
    return float(np.mean([agreement(each, labels)["acc"] for each in found]))


def measure_classes(name: str) -> list[dict]:
    """Return the accuracy of classifiers on a set, clean and corrupted, or under shift."""
    rows, draws = _shifted(name) if name in SHIFTS else (load(name), None)
    labels = np.array([str(row["label"]) for row in rows])
    texts = [row["text"] for row in rows]
    with tempfile.TemporaryDirectory() as work:
        encoder = run(rows, Path(work)).folder / "encoder"
        cells = []
        for draw in range(DRAWS):
            train, test = draws or _draw(labels, draw)
            labelled, tested = [texts[row] for row in train], [texts[row] for row in test]
            for system, vectors_of in _vectorizers(labelled, encoder).items():
                model = LogisticRegression(C=10.0, max_iter=1_000).fit(vectors_of(labelled), labels[train])
                for corruption in ("clean", *CORRUPTIONS):
                    read = tested if corruption == "clean" else textssl.corrupt(tested, corruption, RATE, draw)
                    accuracy = float(np.mean(model.predict(vectors_of(read)) == labels[test]))
                    cell = {"part": "classes", "set": name, "system": system, "draw": draw, "corruption": corruption}
                    cells.append(cell | {"accuracy": accuracy})
    return cells


def _shifted(name: str) -> tuple[list[dict], tuple[np.ndarray, np.ndarray]]:
    """Return the rows of a pair of periods or domains, and which of them are for training and for the test."""
    if " > " in name:
        parts = [load(part) for part in name.split(" > ")]
        shared = {row["label"] for row in parts[0]} & {row["label"] for row in parts[1]}
        rows = [row for part in parts for row in part]
        later = np.arange(len(rows)) >= len(parts[0])
        usable = np.array([row["label"] in shared for row in rows])
    else:
        rows = load(name)
        years = np.array([int(row["date"][:4]) for row in rows])
        later, usable = years >= 2017, np.ones(len(rows), dtype=bool)
    return rows, (np.flatnonzero(usable & ~later), np.flatnonzero(usable & later))


def _draw(labels: np.ndarray, draw: int) -> tuple[np.ndarray, np.ndarray]:
    """Return `PER_CLASS` rows of each class, half of a smaller class, and at most `TESTED` others."""
    rng = np.random.default_rng(draw)
    order = rng.permutation(len(labels))
    train = []
    for label in np.unique(labels):
        of = order[labels[order] == label]
        train += of[: min(PER_CLASS, (len(of) + 1) // 2)].tolist()
    return np.array(train), np.setdiff1d(order, train)[:TESTED]


def _vectorizers(labelled: list[str], encoder: Path) -> dict[str, Callable[[list[str]], np.ndarray]]:
    """Return the functions from texts to vectors, fitted to the labelled texts alone or, without labels, to all."""

    def encoded_in_pieces(texts: list[str]) -> np.ndarray:
        with in_pieces():
            return textssl.encode(encoder, texts)

    return {
        "TF-IDF, words": TfidfVectorizer(sublinear_tf=True).fit(labelled).transform,
        "TF-IDF, characters": TfidfVectorizer(sublinear_tf=True, analyzer="char_wb", ngram_range=(1, 4))
        .fit(labelled)
        .transform,
        "textssl, in pieces": encoded_in_pieces,
        "textssl": partial(textssl.encode, encoder),
    }


def tables(cells: list[dict]) -> str:
    """Return the tables as Markdown."""
    groups = [cell for cell in cells if cell["part"] == "groups"]
    typed = {(cell["set"], cell["system"]): cell for cell in groups if cell["corruption"] == "keyboard"}
    letters = {(cell["set"], cell["system"]): cell for cell in groups if cell["corruption"] == "each_letter"}
    lines = ["| | changed, keyboard | changed, each letter | k-means, clean |", "|---" * 4 + "|"]
    for name in dict.fromkeys(cell["set"] for cell in groups):
        before, now = (name, "in pieces"), (name, "textssl")
        shown = [
            f"{of[before][key]:.3f} → {of[now][key]:.3f}"
            for of, key in ((typed, "changed"), (letters, "changed"), (typed, "kmeans"))
        ]
        lines.append(f"| {name} | {' | '.join(shown)} |")
    lines += ["", "| mean of the sets | changed | cosine | accuracy |", "|---" * 4 + "|"]
    for corruption in dict.fromkeys(cell["corruption"] for cell in groups):
        shown = [
            " → ".join(f"{_mean(groups, key, corruption=corruption, system=system):.3f}" for system in SYSTEMS)
            for key in ("changed", "cosine", "accuracy")
        ]
        lines.append(f"| {corruption} | {' | '.join(shown)} |")
    classes = [cell for cell in cells if cell["part"] == "classes"]
    systems = list(dict.fromkeys(cell["system"] for cell in classes))
    for title, names in (("accuracy, mean of the sets", CLASSIFIED), *((name, (name,)) for name in SHIFTS)):
        some = [cell for cell in classes if cell["set"] in names]
        lines += ["", f"| {title} | {' | '.join(systems)} |", "|---" * (1 + len(systems)) + "|"]
        for corruption in dict.fromkeys(cell["corruption"] for cell in some):
            shown = [f"{_mean(some, 'accuracy', corruption=corruption, system=system):.3f}" for system in systems]
            lines.append(f"| {corruption} | {' | '.join(shown)} |")
    return "\n".join(lines)


def _mean(cells: list[dict], key: str, **of: str) -> float:
    return float(np.mean([cell[key] for cell in cells if all(cell[name] == value for name, value in of.items())]))


def main() -> None:
    """Measure what is missing, and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sets", nargs="+", default=[*SETS, *SHIFTS])
    parser.add_argument("--out", type=Path, default=Path("runs/robustness.json"))
    args = parser.parse_args()
    args.out.parent.mkdir(parents=True, exist_ok=True)
    cells = json.loads(args.out.read_text(encoding="utf-8")) if args.out.exists() else []
    done = {(cell["part"], cell["set"]) for cell in cells}
    for part, measure, names in (
        ("groups", measure_groups, SETS),
        ("classes", measure_classes, (*CLASSIFIED, *SHIFTS)),
    ):
        for name in names:
            if name in args.sets and (part, name) not in done:
                cells += measure(name)
                args.out.write_text(json.dumps(cells), encoding="utf-8")
    print(tables(cells))


if __name__ == "__main__":
    main()
