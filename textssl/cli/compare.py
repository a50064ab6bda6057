"""textssl compare"""

import argparse

from textssl.cli.answer import Answer, lines
from textssl.cli.options import add_columns

_SHOWN = ("cluster", "size", "shared", "other_cluster", "other_size", "name", "other_name")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of the command."""
    from textssl.formats.registry import suffixes

    parser.add_argument("run", metavar="RUN", help="a finished run")
    parser.add_argument("other", metavar="OTHER", help="another, with some of the same texts")
    help = f"also write a row per text, with both groups: {', '.join(suffixes())}"
    parser.add_argument("--out", metavar="FILE", help=help)
    add_columns(parser)
    parser.epilog = "example: textssl compare runs/march runs/april --out moved.csv"
    parser.set_defaults(call=call)


def call(args: argparse.Namespace) -> Answer:
    """Print which clusters correspond, and write which texts moved."""
    from textssl.formats.registry import export, format_of
    from textssl.pipeline.comparing import compare
    from textssl.reporting.report import Column, Section, Table
    from textssl.reporting.terminal import format_section

    format = format_of(args.out) if args.out else None
    compared = compare(args.run, args.other)
    if format:
        export(compared.rows, format, args.out, args.columns)
    columns = [Column(name.replace("_", " "), "text" if "name" in name else "number") for name in _SHOWN]
    clusters = compared.clusters.to_table().to_pylist()
    rows = [tuple(row[name] for name in _SHOWN) for row in clusters]
    moved, texts = sum(map(bool, compared.rows["moved"])), len(compared.rows)
    summary = f"{moved:,} of {texts:,} common texts moved; adjusted Rand index {compared.agreement:.3f}"
    return Answer(
        lines(format_section(Section("", Table(columns, rows))), "", summary),
        {"clusters": clusters, "moved": moved, "rows": texts, "agreement": compared.agreement, "out": args.out},
    )
