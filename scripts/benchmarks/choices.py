"""Which clustering to take without labels: candidates, what can be measured of them, and rules that choose.

python scripts/benchmarks/choices.py [--sets tweet ...] [--seeds 2] [--out runs/choices.json]

Every set is embedded once per seed by a run from nothing. Each candidate clusters the vectors into the true number of
clusters, and is scored by the labels and by every signal that needs no labels. Rows are written to --out when they are
done, and the same command again computes those that are missing; then it judges the rules, in seconds. A rule takes
the candidate with the highest sum of its standardised signals; a preference for the first candidate is a share by
which the signal of another must be higher. "Left out" is the mean accuracy on each kind of sets of the rule that is
best on all other kinds. Data is read from $TEXTSSL_DATA, by default ../shared/data.
"""

import argparse
import json
import tempfile
from itertools import combinations
from pathlib import Path

import numpy as np
from clustering import load

KINDS = {
    "short texts": ("agnews_sccl8000", "searchsnippets", "stackoverflow", "biomedical", "tweet", "googlenews_ts"),
    "intents": (
        "dstc11_banking",
        "dstc11_finance",
        "dstc11_insurance",
        "hint3_curekart",
        "hint3_powerplay11",
        "hint3_sofmattress",
        "atis",
        "snips",
        "intents_mixed",
    ),
    "topics": ("agnews_test", "bbc_news", "arxiv_dated", "wordnet_glosses"),
    "languages": ("masakhanews_swa", "thucnews_titles_zh"),
}
CANDIDATES = ("kmeans", "linked_kmeans", "minibatch_kmeans", "agglomerative", "gmm")
PRIORS = (0.05, 0.1, 0.2, 0.3, 1.0)
PREFERENCES = (0.0, 0.0005, 0.001, 0.002)
MOST_TEXTS = 8_000
OUT_OF_SCOPE = ("", "NO_NODES_DETECTED", "oos", "out_of_scope")  # labels of texts that belong to no class


def texts_and_labels(name: str) -> tuple[list[str], list[str]]:
    """Return at most `MOST_TEXTS` texts of a set that belong to a class, and their labels."""
    texts, labels = load(name)
    kept = np.array([row for row, label in enumerate(labels) if label not in OUT_OF_SCOPE])
    if len(kept) > MOST_TEXTS:
        kept = np.sort(np.random.default_rng(0).choice(kept, MOST_TEXTS, replace=False))
    return [texts[row] for row in kept], [labels[row] for row in kept]


def measure(name: str, seed: int) -> list[dict]:
    """Return a row for each candidate on a set: its accuracy and all signals."""
    import textssl
    from textssl.clustering.evidence import word_evidence
    from textssl.config import build
    from textssl.corpus.reading import open_corpus
    from textssl.estimators.simplified_silhouette import margin
    from textssl.evaluation.metrics import agreement
    from textssl.language.bag_of_words import load_bags
    from textssl.run_folder import RunFolder

    texts, labels = texts_and_labels(name)
    settings = {"seed": seed, "pretraining": {"tokens": 1_000}, "reduction": {"method": "pca"}}
    settings["clustering"] = {"method": "minibatch_kmeans", "n_clusters": 2, "calibrate": False}
    with tempfile.TemporaryDirectory() as work:
        run = textssl.run(texts, Path(work) / "run", build(textssl.RunSettings, settings))
        vectors, bags = np.array(run.embeddings), load_bags(RunFolder(run.folder).bags)
        distinct = open_corpus(RunFolder(run.folder).corpus).unique_rows
    known = vectors.any(axis=1)
    rows = []
    for method in CANDIDATES:
        chosen = textssl.ClusteringSettings(method, n_clusters=len(set(labels)), calibrate=False)
        try:
            found = textssl.cluster(vectors, chosen, seed).labels
        except textssl.DataError:  # fewer clusters could be told apart
            continue
        row = {"set": name, "seed": seed, "candidate": method, "acc": agreement(found, labels)["acc"]}
        row |= {f"evidence {prior}": word_evidence(bags, found[distinct], prior) for prior in PRIORS}
        row["margin"] = margin(vectors[known], found[known], np.ones(known.sum()))
        centres = np.stack([vectors[found == label].sum(axis=0) for label in range(found.max() + 1)])
        centres /= np.linalg.norm(centres, axis=1, keepdims=True)
        row["cosine"] = float(np.mean((vectors * centres[found])[known].sum(axis=1)))
        rows.append(row)
    return rows


def chosen(rows: list[dict], signals: tuple[str, ...], preference: float) -> float:
    """Return the accuracy of the candidate that a rule takes on one set."""
    if len(signals) > 1:
        values = sum(_standardised([row[signal] for row in rows]) for signal in signals)
        return rows[int(np.argmax(values))]["acc"]
    best = rows[0]
    for row in rows[1:]:
        if row[signals[0]] > best[signals[0]] + preference * abs(best[signals[0]]):
            best = row
    return best["acc"]


def judge(rows: list[dict], pool: tuple[str, ...]) -> str:
    """Return a Markdown table of the rules on a pool of candidates, with leaving kinds of sets out as the last row."""
    cells: dict[tuple[str, int], list[dict]] = {}
    for row in rows:
        if row["candidate"] in pool:
            cells.setdefault((row["set"], row["seed"]), []).append(row)
    kinds = {kind: [cell for (name, _), cell in cells.items() if name in names] for kind, names in KINDS.items()}
    signals = [key for key in rows[0] if key not in ("set", "seed", "candidate", "acc")]
    rules = [((signal,), preference) for signal in signals for preference in PREFERENCES]
    rules += [(pair, 0.0) for pair in combinations(signals, 2)]

    def mean(rule: tuple[tuple[str, ...], float], of: list[list[dict]]) -> float:
        return float(np.mean([chosen(cell, *rule) for cell in of]))

    every = [cell for of in kinds.values() for cell in of]
    first = np.array([cell[0]["acc"] for cell in every])
    lines = [f"{', '.join(pool)}: {len(every)} cells", "| rule | mean | worst | below |", "|---|---|---|---|"]

    def add(name: str, found: list[float]) -> None:
        short = np.array(found) - first
        lines.append(f"| {name} | {np.mean(found):.4f} | {short.min():+.3f} | {np.count_nonzero(short < -0.01)} |")

    add("best by the labels", [max(row["acc"] for row in cell) for cell in every])
    add(f"always {pool[0]}", list(first))
    for rule in sorted(rules, key=lambda rule: -mean(rule, every))[:15]:
        add(f"{' + '.join(rule[0])}{f', preference {rule[1]}' if rule[1] else ''}", [chosen(c, *rule) for c in every])
    left_out = []
    for kind, of in kinds.items():
        others = [cell for other, more in kinds.items() if other != kind for cell in more]
        best = max(rules, key=lambda rule: mean(rule, others))
        left_out += [chosen(cell, *best) for cell in of]
    add("left out", left_out)
    return "\n".join(lines)


def _standardised(values: list[float]) -> np.ndarray:
    return (np.array(values) - np.mean(values)) / (np.std(values) + 1e-12)


def main() -> None:
    """Measure what is missing, and judge the rules."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sets", nargs="+", default=[name for names in KINDS.values() for name in names])
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--out", type=Path, default=Path("runs/choices.json"))
    args = parser.parse_args()
    args.out.parent.mkdir(parents=True, exist_ok=True)
    rows = json.loads(args.out.read_text(encoding="utf-8")) if args.out.exists() else []
    done = {(row["set"], row["seed"]) for row in rows}
    for seed in range(args.seeds):
        for name in args.sets:
            if (name, seed) not in done:
                rows += measure(name, seed)
                args.out.write_text(json.dumps(rows), encoding="utf-8")
    pools: list[tuple[str, ...]] = [CANDIDATES[:2], CANDIDATES]
    print("\n\n".join(judge(rows, pool) for pool in pools))


if __name__ == "__main__":
    main()
