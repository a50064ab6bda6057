"""Row 6: the time of a whole call, including the start of its process."""

import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

from speed_rows.case import Case, Options

PYTHON = sys.executable
TEXTSSL = str(Path(PYTHON).with_name("textssl"))
TEXTS = "the quick brown fox jumps over the lazy dog\nthe lazy dog sleeps all day in the warm sun\n"
BLANK = "The quick brown fox jumps over the {} dog."


def _called(*command: str) -> Callable[[Options], dict[str, float]]:
    return lambda options: {"seconds": _seconds(command, calls=3 if options.quick else 7)}


def _seconds(command: tuple[str, ...], calls: int) -> float:
    """Return the median of several calls, after one to fill the disk cache."""
    taken = []
    for _ in range(1 + calls):
        started = time.perf_counter()
        subprocess.run(command, check=True, capture_output=True)
        taken.append(time.perf_counter() - started)
    return median(taken[1:])


def _fill_by_transformers(options: Options) -> dict[str, float]:
    program = "import sys; from transformers import pipeline; print(pipeline('fill-mask', sys.argv[1])(sys.argv[2]))"
    return {"seconds": _seconds((PYTHON, "-c", program, _language_model(options), BLANK.format("[MASK]")), calls=3)}


def _fill(options: Options) -> dict[str, float]:
    return {"seconds": _seconds((TEXTSSL, "fill", _language_model(options), BLANK.format("____")), calls=3)}


def _language_model(options: Options) -> str:
    """Return the folder of a language model of two sentences; the first call trains it."""
    texts, out = options.work / "texts.txt", options.work / "run"
    texts.write_text(TEXTS)
    subprocess.run([TEXTSSL, "pretrain", str(texts), "--out", str(out)], check=True, capture_output=True)
    return str(out / "language_model")


CASES = (
    Case("start: help", "s", {"python -c pass": _called(PYTHON, "-c", "pass"), "textssl": _called(TEXTSSL, "--help")}),
    Case(
        "start: import",
        "s",
        {
            "sentence_transformers": _called(PYTHON, "-c", "import sentence_transformers"),
            "textssl": _called(PYTHON, "-c", "import textssl"),
        },
    ),
    Case("start: fill a blank", "s", {"transformers pipeline": _fill_by_transformers, "textssl": _fill}),
)
