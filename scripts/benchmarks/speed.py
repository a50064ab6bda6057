"""Speed and peak memory of textssl and of other libraries that do the same work.

python scripts/benchmarks/speed.py [--rows pretraining startup] [--quick] [--repeats 3] [--device cuda] [--out FILE]

A row is a module of `speed_rows` with several cases; the sides of a case are a peer (another library) and textssl. The
sides take turns, each run in its own process, and the table shows medians. A case is skipped if its peer is not
installed. The peak of the hardware is the speed of a matrix product, measured first. Data is read from $TEXTSSL_DATA,
by default ../shared/data.
"""

import argparse
import json
import os
import platform
import resource
import sys
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from datetime import date
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from multiprocessing import get_context
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

from speed_rows.case import Case, Options

ROWS = sorted(path.stem for path in (Path(__file__).parent / "speed_rows").glob("*.py") if path.stem != "case")
PACKAGES = ["textssl", "torch", "transformers", "tokenizers", "datasets", "sentence-transformers", "scikit-learn"]
PACKAGES += ["onnxruntime", "openvino", "hdbscan", "fast_hdbscan", "evoc", "faiss-cpu", "bertopic"]

Figures = dict[str, float]


def main() -> None:
    """Measure the cases, writing the results after each, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", nargs="+", choices=ROWS, default=ROWS, help="default: all")
    parser.add_argument("--quick", action="store_true", help="less work: minutes per row")
    parser.add_argument("--repeats", type=int, default=3, help="runs per side")
    parser.add_argument("--device", choices=["cpu", "cuda"], default="cpu")
    parser.add_argument(
        "--out", type=Path, default=Path("runs/speed.json"), help="JSON file; the table is written beside it as .md"
    )
    arguments = parser.parse_args()
    arguments.out.parent.mkdir(parents=True, exist_ok=True)
    result: dict[str, Any] = {
        "date": str(date.today()),
        "processor": _processor(),
        "device": arguments.device,
        "threads": os.environ.get("OMP_NUM_THREADS", str(os.cpu_count())),
        "quick": arguments.quick,
        "repeats": arguments.repeats,
        "versions": _versions(),
        "peak, GFLOP/s": _in_own_process(matrix_peak, arguments.device),
        "cases": {},
        "skipped": {},
    }
    for row in arguments.rows:
        for case in import_module(f"speed_rows.{row}").CASES:
            absent = [module for module in case.needs if not find_spec(module)]
            if absent:
                result["skipped"][case.name] = f"{', '.join(absent)} not installed"
            else:
                result["cases"][case.name] = _measured(row, case, arguments, result["peak, GFLOP/s"]["bf16"])
            arguments.out.write_text(json.dumps(result, indent=1) + "\n")
    table = _table(result)
    arguments.out.with_suffix(".md").write_text(table)
    print(table)


def matrix_peak(device: str) -> Figures:
    """Return the best speed of a product of square matrices, in GFLOP/s, for each precision."""
    import torch

    size = 8192 if device == "cuda" else 2048
    best = {}
    for name, precision in {"bf16": torch.bfloat16, "fp32": torch.float32}.items():
        one = torch.randn(size, size, device=device).to(precision)
        seconds = []
        for _ in range(8):
            started = time.perf_counter()
            one @ one
            if device == "cuda":
                torch.cuda.synchronize()
            seconds.append(time.perf_counter() - started)
        best[name] = 2 * size**3 / min(seconds) / 1e9
    return best


def run_side(row: str, case: str, side: str, options: Options) -> Figures:
    """Return the figures of one side of a case and the peak memory of this process in MB."""
    if options.device == "cpu":
        os.environ["CUDA_VISIBLE_DEVICES"] = ""
    found = next(found for found in import_module(f"speed_rows.{row}").CASES if found.name == case)
    figures = found.sides[side](options)
    if "joblib" in sys.modules:  # idle workers of hdbscan would delay the exit by five minutes
        from joblib.externals.loky import get_reusable_executor

        get_reusable_executor().shutdown()
    peak = max(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return figures | {"memory": peak / 1024}


def _in_own_process(function: Callable[..., Figures], *given: Any) -> Figures:
    with ProcessPoolExecutor(1, get_context("spawn")) as pool:
        return pool.submit(function, *given).result()


def _measured(row: str, case: Case, arguments: argparse.Namespace, peak: float) -> dict[str, Any]:
    """Return the unit and the medians per side; sides take turns, so that other load on the machine affects both."""
    runs: dict[str, list[Figures]] = {side: [] for side in case.sides}
    with TemporaryDirectory() as work:
        options = Options(arguments.quick, arguments.device, Path(work))
        for repeat in range(arguments.repeats):
            for side in case.sides:
                print(f"{case.name}: {side}, run {repeat + 1} of {arguments.repeats}", file=sys.stderr, flush=True)
                runs[side].append(_in_own_process(run_side, row, case.name, side, options))
    sides = {side: {key: median(run[key] for run in done) for key in done[0]} for side, done in runs.items()}
    peer = sides[next(iter(sides))]
    for figures in sides.values():
        figures["ratio"] = figures["rate"] / peer["rate"] if "rate" in peer else peer["seconds"] / figures["seconds"]
        if "GFLOP/s" in figures:
            figures["share of bf16 peak"] = figures["GFLOP/s"] / peak
    return {"unit": case.unit, "sides": sides}


def _table(result: dict[str, Any]) -> str:
    peaks = ", ".join(f"{name} {rate:,.0f}" for name, rate in result["peak, GFLOP/s"].items())
    about = f"{result['date']}, {result['processor']}, {result['threads']} threads, {result['device']}"
    work = f"{'quick, ' if result['quick'] else ''}medians of {result['repeats']} runs"
    versions = ", ".join(f"{name} {number}" for name, number in result["versions"].items())
    lines = [f"{about}; {work}; matrix-product peak, GFLOP/s: {peaks}; {versions}", ""]
    lines += ["| case | side | figure | ratio | memory, MB | further figures |", "|---|---|---|---|---|---|"]
    for name, case in result["cases"].items():
        for side, figures in case["sides"].items():
            figure = _digits(figures.get("rate", figures.get("seconds")))
            own = {"rate", "seconds", "ratio", "memory"}
            further = ", ".join(f"{key} {_digits(value)}" for key, value in figures.items() if key not in own)
            line = [name, side, f"{figure} {case['unit']}", f"{figures['ratio']:.2f}", f"{figures['memory']:,.0f}"]
            lines.append(f"| {' | '.join([*line, further])} |")
    lines += ["", *(f"Skipped: {name} ({reason})." for name, reason in result["skipped"].items())]
    return "\n".join(lines) + "\n"


def _digits(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.4g}"


def _processor() -> str:
    found = Path("/proc/cpuinfo")
    lines = found.read_text().splitlines() if found.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return f"{len(names)} x {names[0]}" if names else platform.processor()


def _versions() -> dict[str, str]:
    found = {}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found


if __name__ == "__main__":
    main()
