"""What the sections of a report are made from."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import pyarrow as pa

from textssl.language.texts import texts_at
from textssl.language.words import TokenizedTexts
from textssl.reporting.keywords import cluster_keywords, cluster_names
from textssl.reporting.projection import sample_points
from textssl.reporting.report import Figure, TextGroup, Value, shortened
from textssl.reporting.representatives import representatives
from textssl.reporting.settings import ReportingSettings


@dataclass(frozen=True, eq=False)
class ReportContext:
    """The result of a run, from which each section takes what it shows.

    Attributes:
        title: what was grouped.
        texts: n texts, read by index.
        columns: the results of the rows by name, n values each; "cluster" is always among them, -1 = noise; "x" and "y"
            are the coordinates of the map.
        embeddings: (n, d); may be a memory map.
        settings: how much the report shows.
        metrics: name to value, as `metrics.quality` and `metrics.agreement` return them.
        baseline: the same metrics of other methods, by the name of the method.
        tables: further tables that a stage left, by name; a row is a mapping from column to value.
        facts: names and values of what to know about the corpus, the settings and the time taken.
        notes: what a reader must know to judge the result.
        lang: language of the texts.
        seed: for the sample of texts on the map.
        names: names that a person gave to clusters, by the number of the cluster.
        distinct: the first row of each distinct text; None if all are distinct.
        tokenized: the texts split into tokens; None splits those that are read for keywords.
        others: the input's other columns, n rows; None if there are none.
    """

    title: str
    texts: Sequence[str]
    columns: Mapping[str, np.ndarray]
    embeddings: np.ndarray
    settings: ReportingSettings = field(default_factory=ReportingSettings)
    metrics: Mapping[str, float] = field(default_factory=dict)
    baseline: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    tables: Mapping[str, Sequence[Mapping[str, Value]]] = field(default_factory=dict)
    facts: Sequence[tuple[str, Value]] = ()
    notes: Sequence[str] = ()
    lang: str = "en"
    seed: int = 0
    distinct: np.ndarray | None = None
    names: Mapping[int, str] = field(default_factory=dict)
    tokenized: TokenizedTexts | None = None
    others: pa.Table | None = None

    @property
    def labels(self) -> np.ndarray:
        """The cluster of each text, (n,), -1 = noise."""
        return self.columns["cluster"]

    @cached_property
    def clusters(self) -> tuple[TextGroup, ...]:
        """The clusters with their keywords and typical texts, largest first, without noise."""
        settings, labels = self.settings, self.labels
        per_cluster, words = settings.keyword_texts, self.tokenized
        keywords = cluster_keywords(self.texts, labels, self.lang, settings.keywords, per_cluster, words)
        names = cluster_names(keywords, self.texts, labels, self.lang, per_cluster, words) | dict(self.names)
        typical = representatives(self.embeddings, labels, settings.representatives, self.distinct)
        ids, sizes = np.unique(labels[labels >= 0], return_counts=True)
        groups = [
            TextGroup(
                id=id,
                name=names[id],
                size=size,
                share=size / len(labels),
                keywords=tuple(keyword.word for keyword in keywords[id]),
                typical=tuple((int(row), shortened(self.texts[int(row)])) for row in typical[id]),
            )
            for id, size in zip(ids.tolist(), sizes.tolist(), strict=True)
        ]
        return tuple(sorted(groups, key=lambda group: (-group.size, group.id)))

    @cached_property
    def map(self) -> Figure | None:
        """A sample of the texts on a map, coloured by cluster; None without coordinates, or if no points are wanted."""
        n = len(self.labels)
        if not (self.settings.map_points and n and "x" in self.columns):
            return None
        points = sample_points(self.columns["x"], self.columns["y"], self.seed, self.settings.map_points)
        sampled = len(points.rows)
        caption = [f"A sample of {sampled:,} texts."] if sampled < n else []
        caption.append("Nearby texts are similar; large distances mean little.")
        caption += ["Grey: in no cluster."] if (self.labels < 0).any() else []
        return Figure(
            points=points,
            labels=self.labels[points.rows],
            texts=[shortened(text) for text in texts_at(self.texts, points.rows)],
            names={group.id: group.name for group in self.clusters},
            caption=" ".join(caption),
            description="Map of the texts, coloured by cluster; the list beside it holds the same clusters",
            unlabelled="In no cluster",
        )
