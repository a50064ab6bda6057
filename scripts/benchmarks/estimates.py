"""The estimated and the measured time of a run, stage by stage.

python scripts/benchmarks/estimates.py [--cases stackoverflow titles_100000 ...] [--out FILE]

Each case is a run with default settings in its own process, one at a time; use an otherwise idle machine. Results are
written to --out when they are done, and the same command again runs those that are missing. Prints a Markdown table.
Data is read from $TEXTSSL_DATA, by default ../shared/data.
"""

import argparse
import gzip
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

DATA = Path(os.environ.get("TEXTSSL_DATA", Path(__file__).parents[3] / "shared" / "data"))
FEW = Path(__file__).parents[2] / "corpora" / "fox_dog" / "fox_dog.txt"
SETS = ("agnews_sccl8000", "searchsnippets", "stackoverflow", "biomedical", "tweet", "googlenews_ts")
CASES = ("few_80", *SETS, "titles_100000", "titles_543128")
RUN = "import sys; from textssl.cli import main; sys.exit(main(sys.argv[1:]))"


def texts_of(case: str) -> list[str]:
    """Return the texts of a case."""
    kind, _, count = case.rpartition("_")
    if kind == "few":
        return FEW.read_text(encoding="utf-8").splitlines()[: int(count)]
    if kind == "titles":
        with gzip.open(DATA / "lm_arxiv_titles.txt.gz", "rt", encoding="utf-8") as lines:
            return [line.rstrip("\n") for line, _ in zip(lines, range(int(count)), strict=False)]
    with gzip.open(DATA / f"{case}.jsonl.gz", "rt", encoding="utf-8") as rows:
        return [json.loads(row)["text"] for row in rows]


def measure(case: str) -> dict:
    """Run one case in its own process; return its size, the estimated and the measured seconds."""
    from textssl import RunSettings, read_corpus
    from textssl.pipeline.setup import estimated

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "texts.txt")
        path.write_text("\n".join(texts_of(case)) + "\n", encoding="utf-8")
        corpus = read_corpus(path)
        expected = estimated(corpus, RunSettings()).seconds
        started = time.monotonic()
        command = [sys.executable, "-c", RUN, "run", str(path), "--out", f"{folder}/run"]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        seconds = time.monotonic() - started
        stages = json.loads(Path(folder, "run", "manifest.json").read_text())["stages"]
        clusters = len(json.loads(Path(folder, "run", "clusters.json").read_text()))
    return {
        "case": case,
        "texts": corpus.statistics.unique,
        "characters": corpus.statistics.characters,
        "clusters": clusters,
        "estimate": round(expected),
        "seconds": round(seconds),
        "stages": {name: stage["seconds"] for name, stage in stages.items()},
    }


def table(rows: list[dict]) -> str:
    """Return a Markdown table of the results."""
    lines = ["| | texts | clusters | estimate, s | measured, s | ratio | stages, s |", "|---|---|---|---|---|---|---|"]
    for row in rows:
        stages = ", ".join(f"{name} {seconds:.0f}" for name, seconds in row["stages"].items())
        ratio = row["estimate"] / row["seconds"]
        cells = (row["case"], row["texts"], row["clusters"], row["estimate"], row["seconds"], f"{ratio:.2f}", stages)
        lines.append(f"| {' | '.join(map(str, cells))} |")
    return "\n".join(lines)


def main() -> None:
    """Run the requested cases that are missing, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", nargs="+", choices=CASES, default=CASES)
    parser.add_argument("--out", type=Path, default=Path("runs/estimates.jsonl"))
    args = parser.parse_args()
    args.out.parent.mkdir(parents=True, exist_ok=True)
    done = [json.loads(line) for line in args.out.read_text().splitlines()] if args.out.exists() else []
    for case in args.cases:
        if case not in {row["case"] for row in done}:
            done.append(measure(case))
            with args.out.open("a") as file:
                file.write(json.dumps(done[-1]) + "\n")
    print(table([row for row in done if row["case"] in args.cases]))


if __name__ == "__main__":
    main()
