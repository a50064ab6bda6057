import psutil
import pytest

from textssl import memory
from textssl.errors import UsageError
from textssl.memory import ceiling, gigabytes


@pytest.mark.parametrize(
    ("asked", "size"), [("4GB", 4_000_000_000), ("1.5 gb", 1_500_000_000), ("800MB", 800_000_000), ("1TB", 10**12)]
)
def test_a_size_is_read(asked, size):
    assert ceiling(asked) == size


@pytest.mark.parametrize("asked", ["4", "GB", "-1GB", "4 giga", "4GB!", ""])
def test_no_size(asked):
    with pytest.raises(UsageError, match="memory expects a size such as 4GB or 500MB, or auto, got '"):
        ceiling(asked)


def test_auto_is_half_of_the_machine(monkeypatch, tmp_path):
    monkeypatch.setattr(memory, "_CGROUP_LIMIT", tmp_path / "memory.max")
    total = psutil.virtual_memory().total
    assert ceiling("auto") == total // 2
    (tmp_path / "memory.max").write_text("max\n")
    assert ceiling("auto") == total // 2
    (tmp_path / "memory.max").write_text("100000000\n")
    assert ceiling("auto") == 50_000_000


def test_bytes_as_a_person_reads_them():
    assert gigabytes(3_240_000_000) == "3.2 GB"
