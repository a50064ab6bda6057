"""textssl predict"""

import argparse

from textssl.cli.answer import Answer
from textssl.cli.options import add_file, add_input, add_settings, input_of, settings_of

OPTIONS = {"--text-column": "corpus.text_column"}
READS = ("corpus",)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of the command."""
    parser.add_argument("run", metavar="RUN|CLASSIFIER", help="a finished run, or a classifier")
    add_input(parser)
    add_file(parser)
    add_settings(parser, OPTIONS, READS, "textssl predict runs/reviews new.csv --text-column review --out new.parquet")
    parser.set_defaults(call=call)


def call(args: argparse.Namespace) -> Answer:
    """Assign the texts to clusters or classes and write them."""
    settings = settings_of(args)
    from textssl.formats.registry import export, format_of
    from textssl.pipeline.predict import predict

    format = format_of(args.out)
    predicted = predict(args.run, input_of(args), settings.corpus)
    export(predicted, format, args.out, args.columns)
    return Answer(f"{len(predicted):,} rows: {args.out}", {"out": args.out, "rows": len(predicted)})
