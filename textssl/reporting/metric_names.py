"""How a report describes each metric."""

from typing import NamedTuple


class Metric(NamedTuple):
    """The name of a metric in a report, and what it means."""

    title: str
    explanation: str


METRICS = {
    "clusters": Metric("Clusters", "number of clusters found"),
    "coverage": Metric("Coverage", "share of the texts that are in a cluster"),
    "smallest": Metric("Smallest cluster", "texts"),
    "median": Metric("Median cluster", "texts"),
    "largest": Metric("Largest cluster", "texts"),
    "silhouette": Metric(
        "Silhouette", "-1 to 1: how much closer texts are to their own cluster than to the next (cosine)"
    ),
    "gap": Metric("Gap", "-2 to 2: how much better separated the clusters are than in data without groups (cosine)"),
    "stability": Metric(
        "Stability", "at most 1: agreement of the groups found in two halves of the texts (adjusted Rand index)"
    ),
    "calibration_error": Metric(
        "Calibration error",
        "mean difference between a text's probability and the share of such texts that keep their cluster",
    ),
    "rows": Metric("Texts with a known label", "the measures of agreement use these only"),
    "classes": Metric("Known classes", "distinct known labels"),
    "acc": Metric(
        "Accuracy", "share of texts in the right class, each cluster matched to one class; noise counts as wrong"
    ),
    "nmi": Metric(
        "NMI",
        "0 to 1: mutual information of clusters and classes, over the mean of their entropies; noise is one group",
    ),
    "ari": Metric(
        "ARI", "agreement on which pairs of texts belong together, corrected for chance: 0 is chance, 1 is perfect"
    ),
    "homogeneity": Metric("Homogeneity", "0 to 1: each cluster holds one class only"),
    "completeness": Metric("Completeness", "0 to 1: each class lies in one cluster only"),
    "v_measure": Metric("V-measure", "harmonic mean of homogeneity and completeness"),
}


def describe_metric(name: str) -> Metric:
    """Return how a report describes a metric; one that is not in `METRICS` keeps its name."""
    return METRICS.get(name, Metric(name.replace("_", " "), ""))
