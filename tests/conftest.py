from pathlib import Path

"""What the tests of several stages share: a few texts, quick settings, a finished run."""

from pathlib import Path

import pytest

CORPORA = Path(__file__).parents[1] / "corpora"

# Enough for a run that is whole; far too little to learn from.
QUICK = ["--set", "pretraining.tokens=500", "--set", "reporting.map_points=0"]


@pytest.fixture(scope="session")
def six() -> Path:
    """The six lines about foxes and dogs."""
    return Path(__file__).parents[1] / "corpora" / "fox_dog" / "six.txt"


@pytest.fixture(scope="session")
def quick() -> list[str]:
    """Arguments of the command line that make a run short."""
    return ["--set", "pretraining.tokens=500"]


@pytest.fixture(scope="session")
def finished(six, quick, tmp_path_factory) -> Path:
    """A short finished run on the six lines, in two groups; not to be changed."""
    from textssl.cli import main

    out = tmp_path_factory.mktemp("finished") / "run"
    assert main(["run", str(six), "--out", str(out), "--clusters", "2", *quick]) == 0
    return out


@pytest.fixture(scope="session")
def tokenizer():
    """A tokenizer of a few English words, all whole."""
    from textssl.pretraining.tokenizer import train_tokenizer

    return train_tokenizer(["the quick brown fox jumps over the lazy dog", "a slow dog sleeps under the old tree"])


@pytest.fixture(scope="session")
def six():
    """The file of six lines: foxes are 1, 2, 5 and 6, dogs 3 and 4."""
    return CORPORA / "fox_dog" / "six.txt"


@pytest.fixture(scope="session")
def quick():
    """Arguments that make a run short."""
    return QUICK


@pytest.fixture(scope="session")
def finished(six, tmp_path_factory):
    """The folder of a finished run on the six lines, in two groups; not to be changed."""
    from textssl.cli import main

    out = tmp_path_factory.mktemp("finished") / "run"
    assert main(["run", str(six), "--out", str(out), "--clusters", "2", *QUICK]) == 0
    return out
