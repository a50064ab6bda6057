"""The clusters: their keywords and texts, beside a map."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import compress

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from textssl.reporting.context import ReportContext
from textssl.reporting.report import GroupedTexts, Section, TextGroup, TextGroups, shortened
from textssl.reporting.representatives import typicality

# A column of more categories is no aid to a reader, and one of more whole numbers reads better as a scale.
_MOST_CATEGORIES, _MOST_NUMBERS = 100, 20
# Columns of the results that have places of their own.
_KNOWN = {"cluster", "probability", "second_cluster", "second_probability", "x", "y"}


def clusters(context: ReportContext) -> Section:
    """Return the clusters, which need no heading, with all texts or a random sample."""
    n, most = len(context.labels), context.settings.page_texts
    rows = np.arange(n) if n <= most else np.sort(np.random.default_rng(context.seed).choice(n, most, replace=False))
    texts = _texts(context, rows)
    map = context.map and replace(context.map, caption=_caption(texts))
    content = TextGroups(context.clusters, unit="clusters", map=map, texts=texts, rest=_rest(context))
    return Section(title="", content=content)


def _texts(context: ReportContext, rows: np.ndarray) -> GroupedTexts:
    found = {name: column[rows] for name, column in context.columns.items() if name in _KNOWN}
    return GroupedTexts(
        rows=rows,
        texts=[shortened(text) for text in compress(context.texts, np.isin(np.arange(len(context.labels)), rows))],
        labels=context.labels[rows],
        total=len(context.labels),
        typicality=typicality(context.embeddings, context.labels)[rows],
        xy=np.column_stack([found["x"], found["y"]]) if context.map else None,
        probability=found.get("probability"),
        second=found.get("second_cluster"),
        second_probability=found.get("second_probability"),
        columns=_columns(context, rows),
    )


def _caption(texts: GroupedTexts) -> str:
    caption = [f"A sample of {len(texts.rows):,} texts."] if len(texts.rows) < texts.total else []
    caption.append("Nearby texts are similar; large distances mean little.")
    caption += ["Grey: in no cluster."] if (texts.labels < 0).any() else []
    return " ".join(caption)


def _rest(context: ReportContext) -> TextGroup | None:
    """Return the texts of no cluster, of which the first are shown."""
    rows = np.flatnonzero(context.labels < 0)
    if not len(rows):
        return None
    shown = [(int(row), shortened(context.texts[int(row)])) for row in rows[: context.settings.representatives]]
    return TextGroup(-1, "In no cluster", len(rows), len(rows) / len(context.labels), typical=shown)


def _columns(context: ReportContext, rows: np.ndarray) -> dict[str, np.ndarray | Sequence[str | None]]:
    """Return what else the results and the input say of the texts: numbers, and columns of few categories."""
    columns = {name: pa.array(values) for name, values in context.columns.items() if name not in _KNOWN}
    # Whole numbers among the results are numbers of groups, which say nothing without their names.
    columns = {name: column for name, column in columns.items() if not pa.types.is_integer(column.type)}
    if context.others is not None:
        columns |= dict(zip(context.others.column_names, context.others.columns, strict=True))
    shown = {name: _values(column.take(pa.array(rows))) for name, column in columns.items()}
    return {name: values for name, values in shown.items() if values is not None}


def _values(column: pa.Array | pa.ChunkedArray) -> np.ndarray | list[str | None] | None:
    """Return the values that the page can show: numbers, or text of few distinct values; None of other columns."""
    kind = column.type
    if pa.types.is_floating(kind):
        return _numbers(column)
    if pa.types.is_dictionary(kind):
        return _values(column.cast(kind.value_type))
    if not (pa.types.is_integer(kind) or pa.types.is_boolean(kind) or _is_text(kind)):
        return None
    distinct = len(pc.unique(column.drop_null()))
    if pa.types.is_integer(kind) and distinct > _MOST_NUMBERS:
        return _numbers(column)
    return column.cast(pa.string()).to_pylist() if 1 < distinct <= _MOST_CATEGORIES else None


def _is_text(kind: pa.DataType) -> bool:
    return pa.types.is_string(kind) or pa.types.is_large_string(kind)


def _numbers(column: pa.Array | pa.ChunkedArray) -> np.ndarray:
    return column.cast(pa.float64(), safe=False).to_pandas().to_numpy()
