"""textssl evaluate"""

import argparse

from textssl.cli.answer import Answer, lines


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of the command."""
    parser.add_argument("run", metavar="RUN", help="a finished run")
    parser.add_argument(
        "--label-column",
        default="",
        metavar="COLUMN",
        help="column of classes in the run's input (default: the one the run was given)",
    )
    parser.epilog = "example: textssl evaluate runs/reviews --label-column stars"
    parser.set_defaults(call=call)


def call(args: argparse.Namespace) -> Answer:
    """Evaluate the run and print its scores next to those of the baseline."""
    from textssl.pipeline.results import evaluate
    from textssl.reporting.metric_names import describe_metric
    from textssl.reporting.report import format_value

    metrics = evaluate(args.run, args.label_column)
    shown = []
    for method, measured in {"this run": metrics["groups"], **metrics["baseline"]}.items():
        shown.append(f"{method}:")
        shown += [f"  {describe_metric(name).title:<24} {format_value(value)}" for name, value in measured.items()]
    return Answer(lines(shown), {"run": args.run, "metrics": metrics})
