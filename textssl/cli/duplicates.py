"""textssl duplicates"""

import argparse

from textssl.cli.answer import Answer
from textssl.cli.options import READING, add_file, add_input, add_settings, input_of, settings_of

READS = ("corpus", "lang")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of the command."""
    add_input(parser)
    add_file(parser)
    help = "least share of their words that two texts have in common (default: 0.8)"
    parser.add_argument("--similarity", type=float, default=0.8, metavar="S", help=help)
    parser.add_argument("--pairs", metavar="FILE", help="also write the pairs: row, similar_row, similarity")
    add_settings(parser, READING, READS, "textssl duplicates runs/reviews --similarity 0.9 --out duplicates.csv")
    parser.set_defaults(call=call)


def call(args: argparse.Namespace) -> Answer:
    """Find near-duplicates and write them."""
    settings = settings_of(args)
    from textssl.formats.registry import export, format_of
    from textssl.pipeline.commands import find_duplicates
    from textssl.progress import say
    from textssl.results import Results

    files = [args.out, *([args.pairs] if args.pairs else [])]
    formats = [format_of(file) for file in files]
    results, found = find_duplicates(input_of(args), args.similarity, settings)
    for note in found.notes:
        say(note)
    export(results, formats[0], args.out, args.columns)
    if args.pairs:
        pairs = {"row": found.pairs[:, 0], "similar_row": found.pairs[:, 1], "similarity": found.similarities}
        export(Results(pairs), formats[1], args.pairs)
    texts, groups = int((found.groups >= 0).sum()), int(found.groups.max(initial=-1)) + 1
    return Answer(
        f"{texts:,} of {len(results):,} texts in {groups:,} groups of near-duplicates: {args.out}",
        {"out": args.out, "rows": len(results), "duplicates": texts, "groups": groups, "notes": found.notes},
    )
