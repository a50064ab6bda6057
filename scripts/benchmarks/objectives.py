"""Compare the transformer's sentence objectives, and test whether early stopping's signals predict the accuracy.

python scripts/benchmarks/objectives.py [--sets agnews_sccl8000 ...] [--objectives split_views ...] [--out FILE]

A language model is trained on each set, then its pooled vectors with each objective, without stopping early. Whenever
early stopping measures its signals, the vectors of all texts are clustered by k-means with the true number of clusters
and scored by the labels. Prints a Markdown table: the accuracy at the start, of the state that early stopping would
keep, of the best and of the last state, and the rank correlation of each signal with the accuracy over all measurements
of a training. Data is read from $TEXTSSL_DATA, by default ../shared/data.
"""

import argparse
import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
from clustering import SETS, load
from scipy.stats import spearmanr
from torch import nn

OBJECTIVES = ("split_views", "crops", "dropout", "denoising", "denoising,split_views")
LOWER_IS_BETTER = ("alignment", "uniformity")


def trajectory(language_model: Path, name: str, objective: str, seed: int) -> list[dict[str, float]]:
    """Return the signals of early stopping and the accuracy before a training and after each tenth of it."""
    from textssl import TextEncoder
    from textssl.encoder import sentence_training
    from textssl.training.early_stopping import EarlyStopping

    texts, labels = load(name)
    measured: list[dict[str, float]] = []

    def never_stopping(
        model: nn.Sequential, measure: Callable[[], Mapping[str, float]], by: Sequence[str], steps: int, path: Path
    ) -> EarlyStopping:
        def scored() -> dict[str, float]:
            measured.append({**measure(), "acc": accuracy(model, texts, labels, seed)})
            return measured[-1]

        return EarlyStopping(model, scored, by, steps, path, patience=1_000)

    encoder = TextEncoder(language_model, form="transformer", objectives=objective, random_state=seed)
    with patch.object(sentence_training, "EarlyStopping", never_stopping):
        encoder.fit(list(dict.fromkeys(texts)))
    return measured


def accuracy(model: nn.Sequential, texts: list[str], labels: list[str], seed: int) -> float:
    """Return the accuracy of k-means on the centred vectors of a model in training."""
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.base.modules import Normalize

    from textssl.clustering.kmeans import SphericalKMeans
    from textssl.encoder.inference.encode import encode
    from textssl.encoder.postprocessing import centred
    from textssl.evaluation.metrics import agreement

    training = model.training
    vectors = encode(SentenceTransformer(modules=[*model, Normalize()]), texts)
    model.train(training)
    found = SphericalKMeans(len(set(labels)), n_init=10, random_state=seed).fit_predict(centred(vectors))
    return agreement(found, labels)["acc"]


def language_model_of(name: str, folder: Path, seed: int) -> Path:
    """Return the folder of a masked-word model of a set; the first call trains it with the default settings."""
    from textssl.pretraining.pretraining import pretrain

    pretrain(list(dict.fromkeys(load(name)[0])), folder / name, seed=seed)
    return folder / name


def correlations(measured: list[dict[str, float]]) -> dict[str, float]:
    """Return Spearman's correlation of each signal with the accuracy, negated if lower is better."""
    acc = [entry["acc"] for entry in measured]
    return {
        signal: (-1 if signal in LOWER_IS_BETTER else 1) * float(spearmanr([m[signal] for m in measured], acc)[0])
        for signal in ("retrieval", "margin", *LOWER_IS_BETTER)
    }


def table(runs: list[dict[str, Any]]) -> str:
    """Return the runs as Markdown."""
    lines = [
        "| set | objective | start | kept | best | last | retrieval | margin | alignment | uniformity |",
        "|---" * 10 + "|",
    ]
    for run in runs:
        measured = run["measured"]
        acc = [entry["acc"] for entry in measured]
        kept = acc[int(np.argmax([entry["retrieval"] for entry in measured]))]
        shown = [acc[0], kept, max(acc), acc[-1], *correlations(measured).values()]
        lines.append(f"| {run['set']} | {run['objective']} | {' | '.join(f'{figure:.3f}' for figure in shown)} |")
    return "\n".join(lines)


def main() -> None:
    """Run the requested trainings that are missing, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sets", nargs="+", default=SETS)
    parser.add_argument("--objectives", nargs="+", default=OBJECTIVES)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, default=Path("runs/objectives.json"))
    parser.add_argument(
        "--models", type=Path, default=Path("runs/language_models"), help="folder of the language models"
    )
    args = parser.parse_args()
    args.out.parent.mkdir(parents=True, exist_ok=True)
    runs = json.loads(args.out.read_text(encoding="utf-8")) if args.out.exists() else []
    done = {(run["set"], run["objective"], run["seed"]) for run in runs}
    for objective in args.objectives:
        for name in args.sets:
            if (name, objective, args.seed) not in done:
                measured = trajectory(language_model_of(name, args.models, args.seed), name, objective, args.seed)
                runs.append({"set": name, "objective": objective, "seed": args.seed, "measured": measured})
                args.out.write_text(json.dumps(runs, indent=1), encoding="utf-8")
    print(table(runs))


if __name__ == "__main__":
    main()
