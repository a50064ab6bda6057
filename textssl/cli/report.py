"""textssl report"""

import argparse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of the command."""
    parser.add_argument("run", metavar="RUN", help="a finished run")
    parser.epilog = "example: textssl report runs/reviews"
    parser.set_defaults(call=call)


def call(args: argparse.Namespace) -> None:
    """Write the report anew and show it."""
    from textssl.pipeline.finished import report
    from textssl.reporting.terminal import format_terminal

    print(format_terminal(report(args.run)))
    print(f"report: {args.run}/report.html")
