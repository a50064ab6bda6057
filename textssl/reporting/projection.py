"""The points of a map, and its image."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from textssl.run_folder import write_whole


@dataclass(frozen=True)
class MapPoints:
    """Coordinates of a sample of texts: `rows` (m,) int64, their input rows, ascending; `xy` (m, 2) float32."""

    rows: np.ndarray
    xy: np.ndarray


def sample_points(x: np.ndarray, y: np.ndarray, seed: int = 0, points: int = 2000) -> MapPoints:
    """Return the coordinates of a random sample of rows.

    Args:
        x: (n,) of each row.
        y: (n,) of each row.
        seed: for the sample.
        points: maximum number of rows.
    """
    n = len(x)
    rows = np.arange(n) if n <= points else np.sort(np.random.default_rng(seed).choice(n, points, replace=False))
    return MapPoints(rows, np.column_stack([x[rows], y[rows]]).astype(np.float32))


def draw(points: MapPoints, labels: np.ndarray, names: Mapping[int, str], path: Path) -> None:
    """Write the map as a PNG.

    Args:
        points: the map.
        labels: (m,) cluster of each point; noise (-1) is drawn in grey.
        names: names of the clusters, written at their medians; a name with letters that the font lacks is replaced by
            the cluster's number.
        path: where to write.
    """
    from matplotlib.figure import Figure
    from matplotlib.patheffects import withStroke

    figure = Figure(figsize=(10, 8), dpi=150, layout="constrained")
    axes = figure.add_subplot()
    axes.set_axis_off()
    axes.set_aspect("equal", "datalim")
    noise = labels < 0
    axes.scatter(points.xy[noise, 0], points.xy[noise, 1], s=6, color="#c8c8c8", linewidths=0)
    colours = _colours(labels[~noise])
    axes.scatter(points.xy[~noise, 0], points.xy[~noise, 1], s=9, c=colours, linewidths=0, alpha=0.8)
    for label, name in names.items():
        members = points.xy[labels == label]
        if len(members):
            text = axes.annotate(
                _drawable(name, label), np.median(members, axis=0), ha="center", va="center", fontsize=8
            )
            text.set_path_effects([withStroke(linewidth=3, foreground="white")])
    write_whole(Path(path), lambda part: figure.savefig(part, format="png"))


def _colours(labels: np.ndarray) -> np.ndarray:
    """Return a colour for each label; consecutive labels are a golden angle apart in hue."""
    from matplotlib.colors import hsv_to_rgb

    hue = (labels * 0.618034) % 1
    return hsv_to_rgb(np.stack([hue, np.full(len(hue), 0.65), np.full(len(hue), 0.8)], axis=1))


def _drawable(name: str, label: int) -> str:
    """Return `name` escaped for matplotlib, or the cluster's number if the font lacks a letter of the name."""
    from matplotlib.font_manager import FontProperties, findfont, get_font

    letters = get_font(findfont(FontProperties())).get_charmap()
    return name.replace("$", r"\$") if all(ord(character) in letters for character in name) else str(label)
