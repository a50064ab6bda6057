"""What a person changed in the clusters of a run: names, merges, splits, moved rows. The run itself stays as it was."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TypedDict

import numpy as np

from textssl.errors import DataError, UsageError
from textssl.run_folder import RunFolder, read_json, read_manifest, write_json

Columns = dict[str, np.ndarray]


class Edit(TypedDict, total=False):
    """One change; a change has the keys of its kind only.

    Attributes:
        rename: a cluster, which gets the `name`.
        name: its new name.
        merge: clusters, which become the first of them.
        split: a cluster, which is divided into its clusters at a finer `level`, the name of the column.
        level: the column that tells the parts of a split apart.
        parts: the new cluster of each value of that column, as text.
        move: rows, which go `to` a cluster.
        to: the cluster that rows are moved to.
    """

    rename: int
    name: str
    merge: list[int]
    split: int
    level: str
    parts: dict[str, int]
    move: list[int]
    to: int


def read_edits(files: RunFolder) -> list[Edit]:
    """Return the changes to the clusters that the run has now; those to earlier clusters do not apply."""
    if not files.names.exists():
        return []
    found = read_json(files.names)
    return found["edits"] if found["groups"] == _key(files) else []


def write_edits(files: RunFolder, edits: Sequence[Edit]) -> None:
    """Keep changes to the clusters that the run has now."""
    write_json(files.names, {"groups": _key(files), "edits": list(edits)})


def edited_columns(columns: Columns, edits: Sequence[Edit]) -> Columns:
    """Return the columns of the heads with all changes.

    Args:
        columns: cluster, second_cluster, their probabilities and the levels, by name; of the rows of the run.
        edits: in the order in which they were made.
    """
    columns = dict(columns)
    for name in ("cluster", "probability", "second_cluster", "second_probability") if edits else ():
        columns[name] = np.array(columns[name])
    for edit in edits:
        if "merge" in edit:
            _merge(columns, edit["merge"])
        elif "split" in edit:
            _split(columns, edit)
        elif "move" in edit:
            _move(columns, np.array(edit["move"]), edit["to"])
    return columns


def without_moves(edits: Sequence[Edit]) -> list[Edit]:
    """Return the changes that apply to new texts: those of clusters, not of single rows."""
    return [edit for edit in edits if "move" not in edit]


def given_names(edits: Sequence[Edit]) -> dict[int, str]:
    """Return the clusters that were renamed, and their names."""
    return {edit["rename"]: edit["name"] for edit in edits if "rename" in edit}


def make_edit(kind: str, value: str, columns: Mapping[str, np.ndarray]) -> Edit:
    """Return a change, checked against the clusters as they are.

    Args:
        kind: "rename", "merge", "split" or "move".
        value: ``3=Late deliveries``, ``4,7``, ``2`` or ``17=5`` (the row 17 to the cluster 5).
        columns: the columns of the heads with all earlier changes.

    Raises:
        UsageError: if the value cannot be read, or there is no such cluster or row.
    """
    labels = columns["cluster"]
    if kind == "merge":
        numbers = [_cluster(part, labels) for part in value.split(",")]
        if len(set(numbers)) < 2:
            raise UsageError(f"--merge expects at least two clusters separated by commas, got {value!r}: write 4,7")
        return Edit(merge=numbers)
    if kind == "split":
        return _finer(_cluster(value, labels), columns)
    left, equals, right = value.partition("=")
    if not equals or not right.strip():
        example = "3=Late deliveries" if kind == "rename" else "17=5"
        raise UsageError(f"--{kind} expects {example}, got {value!r}")
    if kind == "rename":
        return Edit(rename=_cluster(left, labels), name=right.strip())
    row = _number(left)
    if row is None or not 0 <= row < len(labels):
        raise UsageError(f"there is no row {left.strip()}: rows are numbered from 0 to {len(labels) - 1}")
    return Edit(move=[row], to=_cluster(right, labels))


def read_applied(path: str | Path, columns: Mapping[str, np.ndarray]) -> Iterator[Edit]:
    """Yield the changes in a file that the page or `write_edits` wrote, checked against the clusters.

    Raises:
        DataError: if the file cannot be read or holds no changes.
        UsageError: if there is no such cluster or row.
    """
    try:
        edits = read_json(Path(path))["edits"]
        now = dict(columns)
        for edit in edits:
            (kind,) = {"rename", "merge", "split", "move"} & set(edit)
            values = {
                "rename": [f"{edit.get('rename')}={edit.get('name')}"],
                "merge": [",".join(map(str, edit.get("merge", [])))],
                "split": [str(edit.get("split"))],
                "move": [f"{row}={edit.get('to')}" for row in edit.get("move", [])],
            }[kind]
            for value in values:
                made = make_edit(kind, value, now)
                now = edited_columns(now, [made])
                yield made
    except OSError as error:
        raise DataError(f"cannot read {path}: {error.strerror}") from None
    except (KeyError, TypeError, ValueError):
        raise DataError(f"{path} holds no changes of clusters: give the names.json of a page or a run") from None


def _key(files: RunFolder) -> str:
    """Return what identifies the clusters of the run."""
    return read_manifest(files)["stages"]["groups"]["key"]


def _cluster(value: str, labels: np.ndarray) -> int:
    number, clusters = _number(value), np.unique(labels[labels >= 0])
    if number not in clusters:
        shown = ", ".join(map(str, clusters[:20])) + (" …" if len(clusters) > 20 else "")
        raise UsageError(f"there is no cluster {value.strip()}: the clusters are {shown}")
    return int(value)


def _number(value: str) -> int | None:
    return int(value) if value.strip().lstrip("-").isdecimal() else None


def _finer(cluster: int, columns: Mapping[str, np.ndarray]) -> Edit:
    """Return the split of a cluster into its parts at the coarsest finer level; the largest part keeps its number."""
    labels = columns["cluster"]
    inside, free = labels == cluster, int(labels.max()) + 1
    for level in sorted((name for name in columns if name.startswith("level_")), key=lambda name: int(name[6:])):
        parts, sizes = np.unique(columns[level][inside], return_counts=True)
        if len(parts) > 1:
            order = parts[np.argsort(-sizes, kind="stable")].tolist()
            numbers = [cluster, *range(free, free + len(order) - 1)]
            return Edit(split=cluster, level=level, parts=dict(zip(map(str, order), numbers, strict=True)))
    raise UsageError(f"cluster {cluster} has no finer level: run again with --levels and a larger number of clusters")


def _merge(columns: Columns, clusters: Sequence[int]) -> None:
    for name in ("cluster", "second_cluster"):
        columns[name][np.isin(columns[name], clusters)] = clusters[0]
    same = (columns["cluster"] == columns["second_cluster"]) & (columns["cluster"] >= 0)
    columns["probability"][same] += columns["second_probability"][same]
    columns["second_cluster"][same], columns["second_probability"][same] = -1, 0


def _split(columns: Columns, edit: Edit) -> None:
    inside = columns["cluster"] == edit["split"]
    for part, number in edit["parts"].items():
        columns["cluster"][inside & (columns[edit["level"]] == int(part))] = number


def _move(columns: Columns, rows: np.ndarray, to: int) -> None:
    rows = rows[columns["cluster"][rows] != to]
    columns["second_cluster"][rows] = columns["cluster"][rows]
    columns["second_probability"][rows] = 0
    columns["cluster"][rows], columns["probability"][rows] = to, 1
