"""textssl fill"""

import argparse

from textssl.cli.answer import Answer, lines


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of the command."""
    parser.add_argument("run", metavar="RUN", help="a run, or the folder of a language model")
    parser.add_argument("text", metavar="TEXT", help="text with a blank: ____")
    parser.add_argument("--top", type=int, default=5, metavar="K", help="number of words to print (default: 5)")
    parser.epilog = 'example: textssl fill runs/fox "The quick brown fox jumps over the ____"'
    parser.set_defaults(call=call)


def call(args: argparse.Namespace) -> Answer:
    """Print the most probable words."""
    from textssl.pretraining.filling import fill
    from textssl.run_folder import language_model_folder

    predictions = fill(language_model_folder(args.run), args.text, args.top)
    shown = [f"{prediction.probability:.4f}  {prediction.word}" for prediction in predictions]
    return Answer(lines(shown), {"predictions": predictions})
