"""What each pretext task brings: vectors of language models that learned for equal CPU seconds, without labels.

python scripts/benchmarks/pretext.py [--sets tweet ...] [--objectives mlm,rtd ...] [--seconds 20] [--texts 3000]

For each set and objective (several, separated by commas, are summed), a language model of the default size learns from
four fifths of the texts. The vector of a text is the mean of the states of its tokens, with SIF weights (the encoder's
form `transformer` without sentence training); "start" is a model before its training. Measured without labels: the
held-out accuracy of the pretext tasks, beside that of always giving the more frequent answer, and retrieval, the share
of halves of a text (random words, of texts that were not learned from) whose nearest neighbour is the other half.
Scored by the labels: k-means with the true number of groups (accuracy); 200 labels and logistic regression (accuracy on
all other texts, mean of five draws); and novelty, one class known by half of its texts (AUROC of the mean cosine to the
10 nearest neighbours, against the other half and all other classes, mean over the classes). Rows are written to --out
when they are done; the same command again computes those that are missing and prints a Markdown table. Data is read
from $TEXTSSL_DATA, by default ../shared/data.
"""

import argparse
import json
import tempfile
import time
from copy import deepcopy
from dataclasses import replace
from pathlib import Path

import numpy as np
from clustering import load

from textssl import PretrainingSettings, TextEncoder, pretrain

OBJECTIVES = (
    "start",
    "mlm",
    "clm",
    "rtd",
    "order",
    "shuffle",
    "mlm,rtd",
    "mlm,order",
    "mlm,shuffle",
)
SETS = ("agnews_sccl8000", "stackoverflow", "tweet", "sentence_polarity", "subjectivity", "agnews_test")
HELD_OUT = 0.1  # of the texts to learn from, to measure the pretext tasks
LABELS, DRAWS, NEIGHBOURS = 200, 5, 10
MOST_CLASSES = 4  # of which one is taken as known in turn, and which 200 labels can tell apart


def sample(name: str, most: int) -> tuple[list[str], np.ndarray]:
    """Return at most `most` distinct texts of a set in random order, and their labels as numbers."""
    texts, labels = load(name)
    found = dict(zip(texts, labels, strict=True))
    chosen = np.random.default_rng(0).permutation(len(found))[:most]
    kept = [list(found)[row] for row in chosen]
    return kept, np.unique([found[text] for text in kept], return_inverse=True)[1]


def tokens_for(texts: list[str], settings: PretrainingSettings, seconds: float) -> int:
    """Return how many tokens a model learns from in so many CPU seconds, by timing 20 steps after 5 others."""
    from textssl.pretraining.pretraining import prepare
    from textssl.training.loop import train

    setup = prepare(texts, settings)
    task, times = deepcopy(setup.task), []
    for steps in (5, 25):
        started = time.process_time()
        train(task, replace(setup.plan, steps=steps), 0, "timing")
        times.append(time.process_time() - started)
    steps = seconds * 20 / (times[1] - times[0])
    return max(1, round(steps / setup.per_epoch * len(setup.learned.ids)))


def measure(name: str, objective: str, seconds: float, most: int) -> dict:
    """Return the row of a set and an objective."""
    texts, labels = sample(name, most)
    known = texts[: 4 * len(texts) // 5]
    settings = PretrainingSettings(tokens=1, held_out=HELD_OUT)
    if objective != "start":
        settings = PretrainingSettings(objective=objective, held_out=HELD_OUT)
        settings = replace(settings, tokens=tokens_for(known, settings, seconds))
    with tempfile.TemporaryDirectory() as work:
        started = time.process_time()
        model = pretrain(known, Path(work) / "lm", settings)
        taken = time.process_time() - started
        encoder = TextEncoder(model, form="transformer", sentence_tokens=0).fit(known)
        vectors = encoder.transform(texts)
        row = {"set": name, "objective": objective, "seconds": taken, "tokens": model.facts.learned_tokens}
        row |= {"loss": model.facts.loss, "pretext": model.facts.pretext}
        row["retrieval"] = retrieval(encoder, texts[len(known) :])
    return row | scores(vectors, labels)


def retrieval(encoder: TextEncoder, texts: list[str]) -> float:
    """Return the share of halves of texts whose nearest neighbour is the other half of the text."""
    rng, halves = np.random.default_rng(1), []
    for words in (text.split() for text in texts):
        if len(words) > 1:
            first = np.isin(np.arange(len(words)), rng.choice(len(words), len(words) // 2, replace=False))
            halves.append([" ".join(np.array(words)[part]) for part in (first, ~first)])
    one, other = (encoder.transform([pair[side] for pair in halves]) for side in (0, 1))
    cosines, own = one @ other.T, np.arange(len(one))
    return float(np.mean([(cosines.argmax(axis=axis) == own).mean() for axis in (0, 1)]))


def scores(vectors: np.ndarray, labels: np.ndarray) -> dict[str, float]:
    """Return what the labels say of vectors; few labels and novelty only for sets of few classes."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.metrics import roc_auc_score
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    from textssl.clustering.kmeans import SphericalKMeans
    from textssl.evaluation.metrics import agreement

    classes = len(np.unique(labels))
    groups = SphericalKMeans(classes, n_init=10, random_state=0).fit_predict(vectors)
    found = {"k-means": agreement(groups, labels.tolist())["acc"]}
    if classes > MOST_CLASSES:
        return found
    accuracies, areas = [], []
    for draw in range(DRAWS):
        order = np.random.default_rng(draw).permutation(len(labels))
        labelled, others = order[:LABELS], order[LABELS:]
        learner = make_pipeline(StandardScaler(), LogisticRegression(C=0.1, max_iter=1_000))
        accuracies.append(learner.fit(vectors[labelled], labels[labelled]).score(vectors[others], labels[others]))
    for label in range(classes):
        own = np.flatnonzero(labels == label)
        normal, asked = own[::2], np.concatenate([own[1::2], np.flatnonzero(labels != label)])
        nearest = np.sort(vectors[asked] @ vectors[normal].T, axis=1)[:, -NEIGHBOURS:].mean(axis=1)
        areas.append(roc_auc_score(labels[asked] != label, -nearest))
    return found | {"few labels": float(np.mean(accuracies)), "novelty": float(np.mean(areas))}


def table(rows: list[dict]) -> str:
    """Return the rows as Markdown, by set."""
    columns = ("retrieval", "k-means", "few labels", "novelty")
    lines = ["| set | objective | CPU s | tokens | own accuracy (chance) | " + " | ".join(columns) + " |"]
    lines.append("|---" * (5 + len(columns)) + "|")
    for row in sorted(rows, key=lambda row: (SETS.index(row["set"]), OBJECTIVES.index(row["objective"]))):
        own = ", ".join(f"{name} {m['accuracy']:.2f} ({m['chance']:.2f})" for name, m in row["pretext"].items())
        cells = [row["set"], row["objective"], f"{row['seconds']:.0f}", f"{row['tokens'] / 1e3:.0f}k", own or "–"]
        lines.append(f"| {' | '.join([*cells, *(f'{row[c]:.3f}' if c in row else '–' for c in columns)])} |")
    return "\n".join(lines)


def main() -> None:
    """Measure what is missing, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sets", nargs="+", default=SETS)
    parser.add_argument("--objectives", nargs="+", default=OBJECTIVES)
    parser.add_argument("--seconds", type=float, default=20.0, help="CPU seconds of each training")
    parser.add_argument("--texts", type=int, default=3_000, help="texts of each set, at most")
    parser.add_argument("--out", type=Path, default=Path("runs/pretext.json"))
    args = parser.parse_args()
    args.out.parent.mkdir(parents=True, exist_ok=True)
    rows = json.loads(args.out.read_text(encoding="utf-8")) if args.out.exists() else []
    done = {(row["set"], row["objective"]) for row in rows}
    for name in args.sets:
        for objective in args.objectives:
            if (name, objective) not in done:
                rows.append(measure(name, objective, args.seconds, args.texts))
                args.out.write_text(json.dumps(rows), encoding="utf-8")
    print(table(rows))


if __name__ == "__main__":
    main()
