"""textssl run"""

import argparse

from textssl.cli.answer import Answer, run_answer
from textssl.cli.options import ALL, READING, add_input, add_out, add_settings, input_of, settings_of

OPTIONS = READING | {
    "--label-column": "corpus.label_column",
    "--objective": "pretraining.objective",
    "--start": "pretraining.checkpoint",
    "--encoder": "embedding.teacher",
    "--method": "clustering.method",
    "--clusters": "clustering.n_clusters",
    "--levels": "hierarchy.levels",
    "--time-column": "reporting.time_column",
    "--by": "reporting.by_column",
    "--memory": "memory",
    "--seed": "seed",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of the command."""
    add_input(parser)
    add_out(parser, "RUN")
    add_settings(parser, OPTIONS, ALL, "textssl run reviews.csv --text-column review --clusters 12 --out runs/reviews")
    parser.set_defaults(call=call)


def call(args: argparse.Namespace) -> Answer:
    """Run the pipeline and print the report."""
    settings = settings_of(args)
    from textssl.pipeline.run import run

    finished = run(input_of(args), args.out, settings, args.fresh)
    return run_answer(finished, (finished.folder / "report.txt").read_text(encoding="utf-8"))
