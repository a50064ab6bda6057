"""The command line in processes of its own, which can be killed; they are forked from one that has the libraries."""

import multiprocessing
import os
import resource
import sys
from pathlib import Path

_FORKED = multiprocessing.get_context("forkserver")
# The models too: transformers imports them when they are first made.
_FORKED.set_forkserver_preload(
    [
        "textssl.pipeline.run",
        "transformers.models.modernbert.modeling_modernbert",
        "sentence_transformers.sentence_transformer.modules",
        "hdbscan",
    ]
)


class Command:
    """One call of the command line, running; what it writes to standard error is in the file `said`."""

    def __init__(self, arguments: list[str], said: Path, largest_file: int = 0) -> None:
        self.said = said
        self.process = _FORKED.Process(target=_call, args=(arguments, str(said), largest_file))
        self.process.start()

    def wait(self, seconds: float | None = None) -> int | None:
        """Wait, and return the exit code, or None if it still runs."""
        self.process.join(seconds)
        return self.process.exitcode

    def kill(self) -> None:
        """End it without giving it time for anything."""
        self.process.kill()
        self.process.join()


def _call(arguments: list[str], said: str, largest_file: int) -> None:
    from textssl.cli import main

    for number in (1, 2):
        os.dup2(os.open(said, os.O_WRONLY | os.O_CREAT | os.O_APPEND), number)
    if largest_file:
        resource.setrlimit(resource.RLIMIT_FSIZE, (largest_file, largest_file))
    sys.exit(main(arguments))
