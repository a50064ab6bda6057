"""Changing the clusters of a finished run by hand: rename, merge, split, move rows, and undo."""

from collections.abc import Sequence
from pathlib import Path

from textssl.errors import UsageError
from textssl.pipeline.edits import Edit, edited_columns, make_edit, read_applied, read_edits, write_edits
from textssl.pipeline.heads import found_columns
from textssl.pipeline.run import report
from textssl.run_folder import RunFolder, require_finished

KINDS = {
    "rename": ("CLUSTER=NAME", "give a cluster a name"),
    "merge": ("CLUSTERS", "join clusters, separated by commas, into the first of them"),
    "split": ("CLUSTER", "divide a cluster into its clusters at the next finer level"),
    "move": ("ROW=CLUSTER", "move a row to another cluster"),
    "apply": ("FILE", "make the changes in a names.json, as the page of the report downloads it"),
}


def edit(folder: str | Path, changes: Sequence[tuple[str, str]] = (), undo: int = 0) -> list[Edit]:
    """Change the clusters of a finished run; report, export and predict respect it from then on.

    The changes are kept in names.json in the folder. They belong to the clusters that the run has now: when it is
    clustered again, they no longer apply.

    Args:
        folder: the run.
        changes: in order, pairs of a kind and its value as on the command line: ("rename", "3=Late deliveries"),
            ("merge", "4,7"), ("split", "2"), ("move", "17=5") or ("apply", "names.json").
        undo: the number of earlier changes, the last ones first, that are taken back before. Default 0.

    Returns:
        All changes to the clusters of the run.

    Raises:
        DataError: if the run is not finished, or a file to apply cannot be read.
        UsageError: if a change cannot be read, there is no such cluster or row, the name is that of another cluster,
            or there are fewer changes to undo.
    """
    files = RunFolder(Path(folder))
    require_finished(files)
    edits = read_edits(files)
    if not 0 <= undo <= len(edits):
        raise UsageError(f"cannot undo {undo} changes: {folder} has {len(edits)}")
    before, edits = edits, edits[: len(edits) - undo]
    found = found_columns(files)
    for kind, value in changes:
        now = edited_columns(found, edits)
        edits += list(read_applied(value, now)) if kind == "apply" else [make_edit(kind, value, now)]
    _check_names(edits)
    if edits != before:
        write_edits(files, edits)
        report(folder)
    return edits


def _check_names(edits: Sequence[Edit]) -> None:
    named: dict[str, int] = {}
    for edit in edits:
        if "rename" in edit and named.setdefault(edit["name"], edit["rename"]) != edit["rename"]:
            other = named[edit["name"]]
            raise UsageError(f"cluster {other} has the name {edit['name']!r} already: choose another, or merge the two")
