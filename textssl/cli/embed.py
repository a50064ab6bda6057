"""textssl embed"""

import argparse

from textssl.cli.answer import Answer
from textssl.cli.options import READING, add_file, add_input, add_settings, input_of, settings_of

OPTIONS = READING | {"--compute": "embedding.compute"}
READS = ("corpus", "lang", "embedding.compute")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of the command."""
    parser.add_argument("encoder", metavar="RUN|ENCODER", help="a run, or a SentenceTransformer folder")
    add_input(parser)
    add_file(parser)
    add_settings(parser, OPTIONS, READS, "textssl embed runs/reviews new.csv --text-column review --out new.npy")
    parser.set_defaults(call=call)


def call(args: argparse.Namespace) -> Answer:
    """Encode the texts and write the vectors."""
    settings = settings_of(args)
    import numpy as np

    from textssl.formats.registry import export, format_of
    from textssl.pipeline.commands import embed

    format = format_of(args.out)
    embedded = embed(args.encoder, input_of(args), settings)
    export(embedded, format, args.out, args.columns)
    dimensions = np.asarray(embedded["embedding"]).shape[1]
    text = f"{len(embedded):,} vectors of {dimensions} dimensions: {args.out}"
    return Answer(text, {"out": args.out, "rows": len(embedded), "dimensions": dimensions})
