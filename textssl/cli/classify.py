"""textssl classify"""

import argparse

from textssl.cli.answer import Answer, lines
from textssl.cli.options import add_settings, input_of, settings_of

OPTIONS = {
    "--text-column": "corpus.text_column",
    "--label-column": "corpus.label_column",
    "--method": "classification.method",
    "--seed": "seed",
}
READS = ("corpus", "classification", "lang", "seed")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of the command."""
    parser.add_argument("run", metavar="RUN|ENCODER", help="a finished run, or a SentenceTransformer folder")
    help = "texts, some or all of them labelled: files or folders, as INPUT of textssl run"
    parser.add_argument("input", nargs="+", metavar="LABELLED", help=help)
    help = "folder of the classifier: new, or that of a classifier to replace"
    parser.add_argument("--out", required=True, metavar="CLASSIFIER", help=help)
    example = "textssl classify runs/reviews labelled.csv --label-column topic --out classifiers/topics"
    add_settings(parser, OPTIONS, READS, example)
    parser.set_defaults(call=call)


def call(args: argparse.Namespace) -> Answer:
    """Fit the classifier and print its report."""
    settings = settings_of(args)
    from pathlib import Path

    from textssl.pipeline.classify import classify

    classifier = classify(args.run, input_of(args), args.out, settings)
    report = Path(args.out, "report.html")
    text = lines(report.with_suffix(".txt").read_text(encoding="utf-8"), f"report: {report}")
    return Answer(text, {"classifier": args.out, "report": report, "classes": list(classifier.classes_)})
