"""textssl cluster"""

import argparse

from textssl.cli.answer import Answer, lines
from textssl.cli.options import add_file, add_settings, settings_of

OPTIONS = {"--method": "clustering.method", "--clusters": "clustering.n_clusters", "--seed": "seed"}
READS = ("clustering", "seed")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of the command."""
    from textssl.formats.registry import suffixes

    help = f"a file of vectors: {', '.join(suffixes(readable=True))}"
    parser.add_argument("embeddings", metavar="EMBEDDINGS", help=help)
    add_file(parser)
    add_settings(parser, OPTIONS, READS, "textssl cluster new.npy --method hdbscan --out groups.parquet")
    parser.set_defaults(call=call)


def call(args: argparse.Namespace) -> Answer:
    """Cluster the vectors and write the clusters."""
    settings = settings_of(args)
    from textssl.formats.registry import export, format_of, read_embeddings
    from textssl.pipeline.commands import cluster_embeddings
    from textssl.reporting.sections.n_clusters import compared_numbers
    from textssl.reporting.sections.reliability import reliability_of
    from textssl.reporting.terminal import format_section

    format = format_of(args.out)
    grouped, found = cluster_embeddings(read_embeddings(args.embeddings), settings)
    export(grouped, format, args.out, args.columns)
    compared = compared_numbers([vars(candidate) for candidate in found.choice])
    reliability = reliability_of([vars(bin) for bin in found.reliability])
    sections = [line for section in (compared, reliability) if section for line in format_section(section)]
    values = {"out": args.out, "rows": len(grouped), "notes": found.notes}
    return Answer(
        lines(found.notes, sections, f"{len(grouped):,} rows: {args.out}"),
        values | {"choice": found.choice, "reliability": found.reliability},
    )
