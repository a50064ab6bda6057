"""textssl reduce"""

import argparse

from textssl.cli.answer import Answer, lines
from textssl.cli.options import add_file, add_settings, settings_of

OPTIONS = {"--method": "reduction.method", "--seed": "seed"}
READS = ("reduction", "seed")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of the command."""
    from textssl.formats.registry import suffixes

    help = f"a finished run, or a file of vectors: {', '.join(suffixes(readable=True))}"
    parser.add_argument("vectors", metavar="RUN|VECTORS", help=help)
    help = "number of dimensions to reduce to (default: 2)"
    parser.add_argument("--dimensions", type=int, default=2, metavar="DIMENSIONS", help=help)
    add_file(parser)
    add_settings(parser, OPTIONS, READS, "textssl reduce runs/reviews --method pca --dimensions 10 --out reduced.npy")
    parser.set_defaults(call=call)


def call(args: argparse.Namespace) -> Answer:
    """Reduce the vectors and write them."""
    settings = settings_of(args)
    from textssl.formats.registry import export, format_of
    from textssl.pipeline.commands import reduce_embeddings

    format = format_of(args.out)
    reduced, reducer = reduce_embeddings(args.vectors, args.dimensions, settings)
    export(reduced, format, args.out, args.columns)
    summary = f"{len(reduced):,} vectors of {args.dimensions} dimensions: {args.out}"
    values = {"out": args.out, "rows": len(reduced), "dimensions": args.dimensions, "notes": reducer.notes_}
    return Answer(lines(reducer.notes_, summary), values)
