"""textssl report"""

import argparse

from textssl.cli.answer import Answer, run_answer
from textssl.cli.options import add_settings, settings_of, values_of

OPTIONS = {"--time-column": "reporting.time_column", "--by": "reporting.by_column"}
READS = ("reporting",)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of the command."""
    parser.add_argument("run", metavar="RUN", help="a finished run")
    add_settings(parser, OPTIONS, READS, "textssl report runs/reviews --by product --set reporting.keywords=20")
    parser.set_defaults(call=call)


def call(args: argparse.Namespace) -> Answer:
    """Rebuild the report, perhaps with other settings, and print it."""
    settings_of(args)  # raises UsageError for settings that cannot be used
    from textssl.pipeline.results import load_run
    from textssl.pipeline.run import report
    from textssl.reporting.terminal import format_terminal

    text = format_terminal(report(args.run, values_of(args).get("reporting")))
    return run_answer(load_run(args.run), text)
