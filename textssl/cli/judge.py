"""textssl judge"""

import argparse

from textssl.cli.answer import Answer, lines


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of the command."""
    parser.add_argument("run", metavar="RUN", help="a run, or the folder of a language model, with a pretext objective")
    parser.add_argument("text", metavar="TEXT", help="the text to judge")
    parser.epilog = 'example: textssl judge runs/fox "The quick brown fox over jumps the lazy"'
    parser.set_defaults(call=call)


def call(args: argparse.Namespace) -> Answer:
    """Print what the model finds about the text."""
    from textssl.pretraining.judging import judge
    from textssl.run_folder import language_model_folder

    judgements = judge(language_model_folder(args.run), args.text)
    return Answer(lines(map(str, judgements)), {"judgements": judgements})
