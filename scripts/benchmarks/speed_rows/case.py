"""What a rows module gives the driver: cases, each the same work done by a peer and by textssl."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Options:
    """How a side is to run."""

    quick: bool  # smaller work, for minutes a row
    device: str  # "cpu" or "cuda"
    work: Path  # a folder that the sides of a case share, e.g. to compare what they made


@dataclass(frozen=True)
class Case:
    """One line of the benchmark: a side returns {"rate" or "seconds": its figure} and further figures by name.

    A side runs in a process of its own and times only its own work, after a warm-up, imports not counted. Of the figure
    "GFLOP/s" the driver adds the share of the matrix-product peak.
    """

    name: str
    unit: str  # "tokens/s", "texts/s", "s"
    sides: dict[str, Callable[[Options], dict[str, float]]]  # the peer first
    needs: tuple[str, ...] = ()  # modules of optional peers
