"""textssl choose"""

import argparse

from textssl.cli.answer import Answer
from textssl.cli.options import add_file


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of the command."""
    parser.add_argument("run", metavar="RUN", help="a finished run")
    parser.add_argument("--count", type=int, default=40, metavar="N", help="number of texts (default: 40)")
    parser.add_argument("--seed", type=int, default=0, metavar="SEED", help="the random seed (default: 0)")
    add_file(parser)
    parser.epilog = "example: textssl choose runs/reviews --count 40 --out to_label.csv"
    parser.set_defaults(call=call)


def call(args: argparse.Namespace) -> Answer:
    """Write the texts to label first."""
    from textssl.formats.registry import export, format_of
    from textssl.pipeline.choosing import choose

    format = format_of(args.out)
    chosen = choose(args.run, args.count, args.seed)
    export(chosen, format, args.out, args.columns)
    text = f"{len(chosen):,} texts to label, the most informative first: {args.out}"
    return Answer(text, {"out": args.out, "rows": len(chosen)})
