"""What a command answers: lines for a person, and with --json an object for a program."""

import dataclasses
import json
import math
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from textssl.pipeline.results import Run


class Answer(NamedTuple):
    """The answer of a command.

    Attributes:
        text: for a person.
        values: the same for a program: names that do not change, and their values.
    """

    text: str
    values: Mapping[str, Any]

    def to_json(self) -> str:
        """Return the values as a JSON object; what is not a finite number is null."""
        return json.dumps(_plain(self.values), ensure_ascii=False, allow_nan=False)


def lines(*parts: str | Iterable[str]) -> str:
    """Return lines, and lists of lines, as one text."""
    return "\n".join(line for part in parts for line in ([part] if isinstance(part, str) else part))


def run_answer(run: "Run", report: str) -> Answer:
    """Return the answer of a command that made the report of a run."""
    page = run.folder / "report.html"
    values = {"run": run.folder, "report": page, "clusters": run.clusters, "metrics": run.metrics}
    return Answer(lines(report, f"report: {page}"), values)


def _plain(value: Any) -> Any:
    """Return a value as JSON knows it."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        value = dataclasses.asdict(value)
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if hasattr(value, "tolist"):  # NumPy's, which is not imported here
        return _plain(value.tolist())
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return str(value) if isinstance(value, Path) else value
