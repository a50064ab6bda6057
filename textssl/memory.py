"""The memory limit of a run: as requested, or half of the machine's memory."""

import re
from pathlib import Path

from textssl.errors import UsageError

_UNITS = {"MB": 10**6, "GB": 10**9, "TB": 10**12}
_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*(MB|GB|TB)", re.IGNORECASE)
_CGROUP_LIMIT = Path("/sys/fs/cgroup/memory.max")  # of a container


def ceiling(memory: str) -> int:
    """Return the memory limit in bytes.

    Args:
        memory: a size such as "4GB", or "auto" for half of the machine's memory.

    Raises:
        UsageError: if it is neither.
    """
    if check_size(memory) == "auto":
        return _installed() // 2
    number, unit = _SIZE.fullmatch(memory.strip()).groups()  # type: ignore[union-attr]
    return round(float(number) * _UNITS[unit.upper()])


def check_size(memory: str) -> str:
    """Return `memory` if it is a size such as "4GB" or "auto"; raise UsageError if it is neither."""
    if memory != "auto" and not _SIZE.fullmatch(memory.strip()):
        raise UsageError(f"memory expects a size such as 4GB or 500MB, or auto, got {memory!r}")
    return memory


def gigabytes(size: float) -> str:
    """Return a number of bytes in gigabytes, such as "3.2 GB"."""
    return f"{size / 10**9:.1f} GB"


def _installed() -> int:
    import psutil

    total = int(psutil.virtual_memory().total)
    limit = _CGROUP_LIMIT.read_text().strip() if _CGROUP_LIMIT.exists() else "max"
    return total if limit == "max" else min(total, int(limit))
