"""The command line: parse, import the stage, call it, print. One file a command."""

import argparse
import os
import signal
import sys
from importlib import import_module
from types import FrameType
from typing import NoReturn

from textssl import __version__
from textssl.errors import TextsslError, UsageError, lookup

COMMANDS = {
    "run": "the whole way: texts in, groups and a report out",
    "pretrain": "teach a language model on your texts",
    "fill": "predict the word at a blank, or the next word",
    "embed": "turn texts into vectors",
    "cluster": "group vectors",
    "predict": "give new texts their groups in a finished run",
    "evaluate": "score a run against known labels",
    "export": "write the vectors and groups of a run in another format",
    "report": "rebuild and print a run's report",
}


def main(arguments: list[str] | None = None) -> int:
    """Run one command; return 0, 1 (the data), 2 (the call) or 130 (stopped)."""
    arguments = sys.argv[1:] if arguments is None else arguments
    os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
    os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        args = _parser(arguments).parse_args(arguments)
        args.call(args)
    except TextsslError as error:
        print(f"textssl: {error}", file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        print("textssl: stopped; the same command goes on from here", file=sys.stderr)
        return 130
    except BrokenPipeError:  # the reader of our output has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0


class _Parser(argparse.ArgumentParser):
    """A parser whose errors are one line, as all others are."""

    def error(self, message: str) -> NoReturn:
        raise UsageError(f"{message} ({self.prog} --help shows what is expected)")


def _parser(arguments: list[str]) -> argparse.ArgumentParser:
    """Return the parser; only the command that is called is imported, so that --help answers at once."""
    parser = _Parser(
        prog="textssl",
        description="Text in, groups out: a language model teaches itself on your texts and sorts them without labels.",
        epilog="example: textssl run reviews.csv --text-column review --out runs/reviews",
    )
    parser.add_argument("--version", action="version", version=f"textssl {__version__}")
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    called = next((argument for argument in arguments if not argument.startswith("-")), None)
    if called is not None:
        lookup(COMMANDS, called, "command")
    for name, help in COMMANDS.items():
        command = commands.add_parser(name, help=help, formatter_class=argparse.RawDescriptionHelpFormatter)
        if name == called:
            import_module(f"textssl.cli.{name}").add_arguments(command)
    return parser


def _interrupt(signal_number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt
