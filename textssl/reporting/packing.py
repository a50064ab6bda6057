"""The texts of a report packed into the page: columns of small whole numbers, gzipped, in base64."""

import gzip
import json
from base64 import b64encode
from collections.abc import Sequence

import numpy as np

from textssl.reporting.report import Figure, GroupedTexts

# Steps into which the range of a column is divided, and each side of the map.
_STEPS, _MAP_STEPS = 500, 8_000


def packed(value: object) -> str:
    """Return JSON, gzipped, in base64, which no text can leave. A lone surrogate becomes a question mark."""
    written = json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", errors="replace")
    return b64encode(gzip.compress(written, mtime=0)).decode()


def text_columns(texts: GroupedTexts) -> dict[str, object]:
    """Return the columns of texts as the page's script reads them.

    The texts of a group follow each other, since similar texts compress better: 100,000 titles to 88% of the size.
    """
    order = np.lexsort((texts.labels if texts.second is None else texts.second, texts.labels))
    measures = {
        "typicality": texts.typicality,
        "probability": texts.probability,
        "second_probability": texts.second_probability,
    }
    return {
        "total": texts.total,
        "text": [texts.texts[i] for i in order],
        "row_steps": np.diff(texts.rows[order], prepend=0).tolist(),
        "group": texts.labels[order].tolist(),
        "second": None if texts.second is None else texts.second[order].tolist(),
        **(_map_columns(texts.xy[order]) if texts.xy is not None else {}),
        **{name: _number_column(values[order]) for name, values in measures.items() if values is not None},
        "columns": [{"name": name} | _column(values, order) for name, values in texts.columns.items()],
    }


def figure_columns(figure: Figure) -> dict[str, object]:
    """Return the texts on a map as the page's script reads them."""
    rows, xy = figure.points.rows, figure.points.xy
    return text_columns(GroupedTexts(rows, figure.texts, figure.labels, len(rows), np.zeros(len(rows)), xy))


def _map_columns(xy: np.ndarray) -> dict[str, object]:
    """Return coordinates in steps, the map centred in a square."""
    placed = xy[~np.isnan(xy).any(axis=1)]
    low, high = (placed.min(axis=0), placed.max(axis=0)) if len(placed) else (np.zeros(2), np.zeros(2))
    side = max(float((high - low).max()), 1e-9)
    scaled = np.rint(_MAP_STEPS * (0.5 + (xy - (low + high) / 2) / side))
    return {"map_steps": _MAP_STEPS, "x": _whole(scaled[:, 0]), "y": _whole(scaled[:, 1])}


def _column(values: np.ndarray | Sequence[str | None], order: np.ndarray) -> dict[str, object]:
    if isinstance(values, np.ndarray):
        return _number_column(values[order])
    return _category_column([values[i] for i in order])


def _number_column(values: np.ndarray) -> dict[str, object]:
    """Return numbers as steps from the lowest; whole numbers of no wide range are kept as they are."""
    finite = values[np.isfinite(values)]
    low, high = (float(finite.min()), float(finite.max())) if len(finite) else (0.0, 0.0)
    whole = high - low < 65_536 and not np.any(finite % 1)
    step = 1.0 if whole or low == high else (high - low) / _STEPS
    return {"low": low, "step": step, "values": _whole(np.rint((values - low) / step))}


def _category_column(values: Sequence[str | None]) -> dict[str, object]:
    names = sorted({value for value in values if value is not None})
    codes = {name: code for code, name in enumerate(names)}
    return {"names": names, "values": [-1 if value is None else codes[value] for value in values]}


def _whole(values: np.ndarray) -> Sequence[int | None]:
    """Return whole numbers; None for what is not finite."""
    return [int(value) if np.isfinite(value) else None for value in values.tolist()]
