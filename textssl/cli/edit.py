"""textssl edit"""

import argparse
from collections.abc import Sequence

from textssl.cli.answer import Answer, lines


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of the command."""
    from textssl.pipeline.editing import KINDS

    parser.add_argument("run", metavar="RUN", help="a finished run")
    for kind, (metavar, help) in KINDS.items():
        parser.add_argument(f"--{kind}", dest="changes", metavar=metavar, action=_Change, default=[], help=help)
    parser.add_argument("--undo", action="count", default=0, help="take back the last change; several times: more")
    parser.epilog = 'example: textssl edit runs/reviews --rename 3="Late deliveries" --merge 4,7 --split 2'
    parser.set_defaults(call=call)


def call(args: argparse.Namespace) -> Answer:
    """Change the clusters, and print all changes."""
    from textssl.pipeline.editing import edit

    edits = edit(args.run, args.changes, args.undo)
    shown = [", ".join(f"{key} {value}" for key, value in change.items()) for change in edits]
    return Answer(lines(shown, f"{len(edits)} changes: {args.run}"), {"run": args.run, "changes": edits})


class _Change(argparse.Action):
    """Keeps the changes in the order in which they were given."""

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: str | Sequence[object] | None,
        option_string: str | None = None,
    ) -> None:
        namespace.changes = [*namespace.changes, (str(option_string).lstrip("-"), str(values))]
