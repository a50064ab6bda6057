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
    "run": "run the whole pipeline: from texts to clusters and a report",
    "pretrain": "train a language model on your texts (self-supervised)",
    "fill": "predict the word at a blank, or the next word",
    "judge": "judge whether a text is in order, or words were replaced",
    "embed": "encode texts as vectors",
    "cluster": "cluster vectors (unsupervised)",
    "reduce": "reduce vectors to fewer dimensions (unsupervised)",
    "choose": "choose the texts of a run that are worth labelling first",
    "classify": "learn to classify texts from few labels (semi-supervised)",
    "predict": "assign new texts to clusters or classes",
    "novelty": "say how odd new texts are, and by which words (unsupervised)",
    "evaluate": "score a run against known labels",
    "duplicates": "find texts that share most of their words",
    "edit": "rename, merge or split the groups of a run, or move texts",
    "robustness": "measure how results change when texts are corrupted",
    "compare": "show which groups of two runs correspond, and what moved",
    "export": "write the vectors and clusters of a run in another format",
    "report": "rebuild and print a run's report",
}


def main(arguments: list[str] | None = None) -> int:
    """Run one command; return the exit code: 0, 1 (wrong data), 2 (wrong call) or 130 (interrupted).

    Args:
        arguments: the arguments; None takes those of the process.
    """
    arguments = sys.argv[1:] if arguments is None else arguments
    os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
    os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        args = _parser(arguments).parse_args(arguments)
        answer = args.call(args)
        print(answer.to_json() if args.json else answer.text)
    except TextsslError as error:
        print(f"textssl: {error}", file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        print("textssl: interrupted; run the same command again to continue", file=sys.stderr)
        return 130
    except BrokenPipeError:  # the reader of the output closed it, as head does
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0


class _Parser(argparse.ArgumentParser):
    """A parser whose errors are one line, like all other errors."""

    def error(self, message: str) -> NoReturn:
        raise UsageError(f"{message} (see {self.prog} --help)")


def _parser(arguments: list[str]) -> argparse.ArgumentParser:
    """Return the parser; only the called command is imported, so that --help is fast."""
    parser = _Parser(
        prog="textssl",
        description="Text in, clusters out: a language model learns from your texts; no labels are needed.",
        epilog="example: textssl run reviews.csv --text-column review --out runs/reviews",
    )
    parser.add_argument("-V", "--version", action="version", version=f"textssl {__version__}")
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    called = next((argument for argument in arguments if not argument.startswith("-")), None)
    if called is not None:
        lookup(COMMANDS, called, "command")
    for name, help in COMMANDS.items():
        command = commands.add_parser(name, help=help, formatter_class=argparse.RawDescriptionHelpFormatter)
        if name == called:
            import_module(f"textssl.cli.{name}").add_arguments(command)
            command.add_argument("--json", action="store_true", help="print one JSON object in place of text")
    return parser


def _interrupt(signal_number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt
