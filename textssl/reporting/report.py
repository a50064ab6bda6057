"""The contents of a report, independent of how it is shown: one `Report` holds all of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from textssl.reporting.keywords import Keyword, cluster_keywords, cluster_names
from textssl.reporting.projection import MapPoints, project
from textssl.reporting.representatives import representatives
from textssl.reporting.settings import ReportingSettings

# Characters of a text that a report shows.
_SHOWN = 300


@dataclass(frozen=True)
class ClusterSummary:
    """A cluster: `name`, unlike all others; `size` in texts and as `share` of all; (row, text) of `representatives`."""

    id: int
    name: str
    size: int
    share: float
    keywords: list[Keyword]
    representatives: list[tuple[int, str]]


@dataclass(frozen=True)
class Report:
    """Everything a report shows, on a page or in a terminal.

    Attributes:
        title: what was grouped.
        texts: how many texts there were.
        clusters: largest first, without noise.
        metrics: name to value, as `metrics.quality` and `metrics.agreement` give them.
        baseline: the same metrics for other methods, by the name of the method.
        choice: the numbers of clusters that were compared, best first: metrics of each, by name.
        reliability: bins of texts of like probability: their number, mean probability, and the share that was kept.
        facts: (name, value) rows about the corpus, the settings and the time taken.
        notes: what a reader must know to judge the result.
        points: the map, or None.
        point_labels: (m,) cluster of each point.
        point_texts: m texts.
    """

    title: str
    texts: int
    clusters: list[ClusterSummary]
    metrics: Mapping[str, float]
    baseline: Mapping[str, Mapping[str, float]]
    choice: Sequence[Mapping[str, float | None]]
    reliability: Sequence[Mapping[str, float]]
    facts: Sequence[tuple[str, Any]]
    notes: Sequence[str]
    points: MapPoints | None
    point_labels: np.ndarray
    point_texts: list[str]

    @property
    def noise(self) -> int:
        """Number of texts in no cluster."""
        return self.texts - sum(cluster.size for cluster in self.clusters)


def make_report(
    title: str,
    texts: Sequence[str],
    embeddings: np.ndarray,
    labels: np.ndarray,
    metrics: Mapping[str, float],
    settings: ReportingSettings,
    *,
    lang: str = "en",
    seed: int = 0,
    distinct: np.ndarray | None = None,
    baseline: Mapping[str, Mapping[str, float]] | None = None,
    choice: Sequence[Mapping[str, float | None]] = (),
    reliability: Sequence[Mapping[str, float]] = (),
    facts: Sequence[tuple[str, Any]] = (),
    notes: Sequence[str] = (),
) -> Report:
    """Summarise every cluster and place a sample of the texts on the map.

    Args:
        title: what was grouped.
        texts: n texts; only those needed are read, by index.
        embeddings: (n, d); may be a memory map.
        labels: (n,) cluster of each text, -1 = noise.
        metrics: name to value.
        settings: how much the report shows.
        lang: language of the texts, for keywords.
        seed: for the sample and the map.
        distinct: rows to choose representatives from, e.g. the first of each distinct text; all if None.
        baseline: metrics of other methods, by the name of the method.
        choice: metrics of each number of clusters that was compared, best first.
        reliability: `rows`, `probability` and `kept` of each bin of texts of like probability.
        facts: (name, value) rows to list.
        notes: what a reader must know to judge the result.
    """
    labels = np.asarray(labels)
    points = project(embeddings, seed, settings.map_points) if settings.map_points and len(labels) else None
    rows = points.rows if points else np.empty(0, np.int64)
    return Report(
        title=title,
        texts=len(labels),
        clusters=_summarise(texts, embeddings, labels, settings, lang, distinct),
        metrics=metrics,
        baseline=baseline or {},
        choice=choice,
        reliability=reliability,
        facts=facts,
        notes=notes,
        points=points,
        point_labels=labels[rows],
        point_texts=[shortened(texts[int(row)]) for row in rows],
    )


def clusters_json(report: Report) -> list[dict[str, Any]]:
    """Return the clusters as they are written to `clusters.json`, largest first."""
    return [
        {
            "id": cluster.id,
            "size": cluster.size,
            "keywords": [keyword.word for keyword in cluster.keywords],
            "representatives": [row for row, _ in cluster.representatives],
        }
        for cluster in report.clusters
    ]


def shortened(text: str) -> str:
    """Return `text` on one line, cut to the length that a report shows."""
    line = " ".join(text[: 4 * _SHOWN].split())
    return line if len(line) <= _SHOWN else line[: _SHOWN - 1].rstrip() + "…"


def spelled(value: Any) -> str:
    """Return a value as a report shows it: 12,345, 0.123, and a dash for None."""
    if value is None:
        return "–"
    if isinstance(value, float) and not value.is_integer():
        return f"{value:,.3f}"
    return f"{value:,.0f}" if isinstance(value, int | float) and not isinstance(value, bool) else str(value)


def _summarise(
    texts: Sequence[str],
    embeddings: np.ndarray,
    labels: np.ndarray,
    settings: ReportingSettings,
    lang: str,
    distinct: np.ndarray | None,
) -> list[ClusterSummary]:
    keywords = cluster_keywords(texts, labels, lang, settings.keywords, settings.keyword_texts)
    names = cluster_names(keywords, texts, labels, lang, settings.keyword_texts)
    typical = representatives(embeddings, labels, settings.representatives, distinct)
    ids, sizes = np.unique(labels[labels >= 0], return_counts=True)
    clusters = [
        ClusterSummary(
            id=id,
            name=names[id],
            size=size,
            share=size / len(labels),
            keywords=keywords[id],
            representatives=[(int(row), shortened(texts[int(row)])) for row in typical[id]],
        )
        for id, size in zip(ids.tolist(), sizes.tolist(), strict=True)
    ]
    return sorted(clusters, key=lambda cluster: (-cluster.size, cluster.id))
