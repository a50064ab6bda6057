"""The clusters of a run by the input's other columns: over time, and by the values of a column."""

from typing import Any

import numpy as np
import pyarrow as pa

from textssl.corpus.corpus import Corpus
from textssl.errors import DataError, UsageError, nearest
from textssl.evaluation.composition import composition
from textssl.evaluation.time_periods import periods_of
from textssl.reporting.settings import ReportingSettings

_MOST_VALUES = 100


def column_values(corpus: Corpus, settings: ReportingSettings) -> dict[str, list[str | None]]:
    """Return the values of the columns that the report compares clusters by, one per row, by the name of its table.

    Raises:
        UsageError: if the input has no such column.
        DataError: if a column of times holds no dates, or another has no or more than 100 values.
    """
    found: dict[str, list[str | None]] = {}
    if settings.time_column:
        found["over_time"] = periods_of(_column(corpus, settings.time_column, "time_column"), settings.time_column)
    if settings.by_column:
        column = _column(corpus, settings.by_column, "by_column").cast(pa.string())
        number = len(column.drop_null().unique())
        if not 1 < number <= _MOST_VALUES:
            raise DataError(
                f"column {settings.by_column!r} has {number} different values, expected 2 to {_MOST_VALUES}: "
                "name another with reporting.by_column"
            )
        found["by_column"] = column.to_pylist()
    return found


def column_tables(
    corpus: Corpus, settings: ReportingSettings, labels: np.ndarray, seed: int
) -> dict[str, list[dict[str, Any]]]:
    """Return a row for each value of a column and each cluster, by the name of the table; see `Composition`."""
    tables = {}
    for name, values in column_values(corpus, settings).items():
        found = composition(labels, values, seed)
        measures = {
            "texts": found.counts,
            "share": found.shares,
            "low": found.low,
            "high": found.high,
            "elsewhere": found.elsewhere,
            "q": found.q,
        }
        tables[name] = [
            {"value": value, "cluster": cluster} | {key: matrix[v, k].item() for key, matrix in measures.items()}
            for v, value in enumerate(found.values)
            for k, cluster in enumerate(found.clusters.tolist())
        ]
    return tables


def _column(corpus: Corpus, name: str, setting: str) -> pa.ChunkedArray:
    others = corpus.others
    if others is None or name not in others.column_names:
        valid = others.column_names if others is not None else []
        raise UsageError(f"{corpus.name} has no column {name!r} for reporting.{setting}{nearest(name, valid)}")
    return others[name]
