"""The cases of a row: the same work done by a peer and by textssl."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Options:
    """How to run a side."""

    quick: bool  # less work: minutes per row
    device: str  # "cpu" or "cuda"
    work: Path  # a folder shared by the sides of a case, e.g. to compare their results


@dataclass(frozen=True)
class Case:
    """One comparison: a side returns {"rate" or "seconds": its figure} and further figures by name.

    A side runs in its own process and times only its own work, after imports and a warm-up. To the figure "GFLOP/s"
    speed.py adds the share of the matrix-product peak.
    """

    name: str
    unit: str  # "tokens/s", "texts/s", "s"
    sides: dict[str, Callable[[Options], dict[str, float]]]  # the peer first
    needs: tuple[str, ...] = ()  # modules that must be installed
