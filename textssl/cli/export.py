"""textssl export"""

import argparse

from textssl.cli.answer import Answer
from textssl.cli.options import add_columns


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of the command."""
    parser.add_argument("run", metavar="RUN", help="a finished run")
    from textssl.formats.registry import FORMATS

    parser.add_argument("--format", required=True, metavar="FORMAT", help=", ".join(FORMATS))
    parser.add_argument("--out", required=True, metavar="PATH", help="the file to write, or the folder for projector")
    add_columns(parser)
    parser.epilog = "example: textssl export runs/reviews --format csv --out reviews.csv"
    parser.set_defaults(call=call)


def call(args: argparse.Namespace) -> Answer:
    """Write the columns of the run."""
    from textssl.formats.registry import export
    from textssl.pipeline.results import exported

    out = export(exported(args.run), args.format, args.out, args.columns)
    return Answer(str(out), {"out": out})
