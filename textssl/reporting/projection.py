"""A map of the texts in two dimensions, and its image."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from textssl.run_folder import write_whole

# With fewer points, t-SNE has no neighbourhoods to preserve.
_FEW = 10


@dataclass(frozen=True)
class MapPoints:
    """Coordinates of a sample of texts: `rows` (m,) int64, their input rows, ascending; `xy` (m, 2) float32."""

    rows: np.ndarray
    xy: np.ndarray


def project(embeddings: np.ndarray, seed: int = 0, points: int = 2000) -> MapPoints:
    """Project rows to the plane: unit vectors, 50 principal components, then t-SNE.

    t-SNE (van der Maaten & Hinton 2008) keeps neighbours together; distances between distant groups mean little. Fewer
    than 10 rows, or identical ones, are projected on their principal components.

    Args:
        embeddings: (n, d); may be a memory map.
        seed: for the sample and for t-SNE.
        points: maximum number of rows; of more, a random sample is projected.
    """
    n = len(embeddings)
    rows = np.arange(n)
    if n > points:
        rows = np.sort(np.random.default_rng(seed).choice(n, points, replace=False))
    sample = np.asarray(embeddings[rows], np.float32)
    lengths = np.linalg.norm(sample, axis=1, keepdims=True)
    reduced = _principal(sample / np.where(lengths > 0, lengths, 1), 50, seed)
    spread = reduced.shape[1] >= 2 and np.ptp(reduced) > 1e-6
    return MapPoints(rows, _tsne(reduced, seed) if len(rows) >= _FEW and spread else _padded(reduced))


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


def _principal(vectors: np.ndarray, dimensions: int, seed: int) -> np.ndarray:
    from sklearn.decomposition import PCA

    dimensions = min(dimensions, *vectors.shape)
    if len(vectors) < 2 or dimensions < 1:
        return vectors[:, :dimensions]
    if np.ptp(vectors, axis=0).max() == 0:  # identical: no variance to divide by
        return np.zeros((len(vectors), dimensions), np.float32)
    return PCA(dimensions, svd_solver="randomized", random_state=seed).fit_transform(vectors)


def _tsne(vectors: np.ndarray, seed: int) -> np.ndarray:
    from sklearn.manifold import TSNE
    from threadpoolctl import threadpool_limits

    perplexity = min(30.0, (len(vectors) - 1) / 3)
    # Threads sum in no fixed order, and t-SNE turns a difference in the last bit into a different map.
    with threadpool_limits(1):
        tsne = TSNE(perplexity=perplexity, init="pca", random_state=seed, max_iter=500)
        return tsne.fit_transform(vectors).astype(np.float32)


def _padded(vectors: np.ndarray) -> np.ndarray:
    """Return the first two columns, zeros where there are fewer."""
    xy = np.zeros((len(vectors), 2), np.float32)
    xy[:, : vectors.shape[1]] = vectors[:, :2]
    return xy


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
