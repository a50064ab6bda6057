"""textssl novelty"""

import argparse

from textssl.cli.answer import Answer
from textssl.cli.options import add_file, add_input, add_settings, input_of, settings_of, values_of

OPTIONS = {"--method": "density.method", "--text-column": "corpus.text_column"}
READS = ("corpus", "density")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of the command."""
    parser.description = (
        "How odd new texts are among those of a run, and by which words. Unsupervised: no labels are needed. "
        "Without options, the settings of the run."
    )
    parser.add_argument("run", metavar="RUN", help="a finished run")
    add_input(parser)
    add_file(parser)
    add_settings(parser, OPTIONS, READS, "textssl novelty runs/reviews new.csv --text-column review --out odd.csv")
    parser.set_defaults(call=call)


def call(args: argparse.Namespace) -> Answer:
    """Measure the novelty of the texts and write it."""
    settings = settings_of(args)
    from textssl.formats.registry import export, format_of
    from textssl.pipeline.novelty import novelty

    format = format_of(args.out)
    given = "density" in values_of(args)
    found = novelty(args.run, input_of(args), settings.density if given else None, settings.corpus)
    export(found, format, args.out, args.columns)
    outliers = int(sum(found["outlier"]))
    text = f"{len(found):,} rows, {outliers:,} outliers: {args.out}"
    return Answer(text, {"out": args.out, "rows": len(found), "outliers": outliers})
