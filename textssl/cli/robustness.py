"""textssl robustness"""

import argparse

from textssl.cli.answer import Answer, lines
from textssl.cli.options import add_settings, input_of, settings_of
from textssl.errors import UsageError

OPTIONS = {"--text-column": "corpus.text_column", "--label-column": "corpus.label_column"}
READS = ("corpus",)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of the command."""
    parser.add_argument("run", metavar="RUN|CLASSIFIER", help="a finished run, or a classifier")
    parser.add_argument("input", nargs="*", metavar="INPUT", help="texts for a classifier; a run has its own")
    help = "corruptions to apply, separated by commas (default: all)"
    parser.add_argument("--corruptions", type=_names, metavar="NAMES", help=help)
    help = "shares of the words to corrupt, separated by commas (default: 0.05,0.1,0.2)"
    parser.add_argument("--rates", type=_names, default=["0.05", "0.1", "0.2"], metavar="SHARES", help=help)
    help = "number of texts, at random, to corrupt (default: 2000)"
    parser.add_argument("--texts", type=int, default=2_000, metavar="COUNT", help=help)
    parser.add_argument("--out", metavar="FILE", help="also write the table to a file; its suffix names the format")
    add_settings(parser, OPTIONS, READS, "textssl robustness runs/reviews --corruptions keyboard,ocr --rates 0.1")
    parser.set_defaults(call=call)


def call(args: argparse.Namespace) -> Answer:
    """Measure the robustness, print it and, if a file is given, write it."""
    settings, rates = settings_of(args), [_number(rate) for rate in args.rates]
    import numpy as np

    from textssl.formats.registry import export, format_of
    from textssl.pipeline.robustness import robustness
    from textssl.reporting.sections.robustness import robustness_of
    from textssl.reporting.terminal import format_section
    from textssl.results import Results

    format = format_of(args.out) if args.out else ""
    source = input_of(args) if args.input else None
    measured = robustness(args.run, source, args.corruptions, rates, settings.corpus, max_texts=args.texts)
    section = robustness_of(measured)
    shown = format_section(section) if section else []
    if args.out:
        columns = {name: np.array([row[name] for row in measured]) for name in measured[0]}
        export(Results(columns), format, args.out)
        shown.append(f"{len(measured):,} rows: {args.out}")
    return Answer(lines(shown), {"measured": measured, "out": args.out})


def _names(given: str) -> list[str]:
    return [name.strip() for name in given.split(",")]


def _number(given: str) -> float:
    try:
        return float(given)
    except ValueError:
        raise UsageError(f"--rates expects numbers separated by commas, got {given!r}") from None
