"""Display names and explanations of the metrics."""

MEASURES: dict[str, tuple[str, str]] = {
    "clusters": ("Clusters", "number of clusters found"),
    "coverage": ("Coverage", "share of the texts that are in a cluster"),
    "smallest": ("Smallest cluster", "texts"),
    "median": ("Median cluster", "texts"),
    "largest": ("Largest cluster", "texts"),
    "silhouette": ("Silhouette", "-1 to 1: how much closer texts are to their own cluster than to the next (cosine)"),
    "gap": ("Gap", "-2 to 2: how much better separated the clusters are than in data without groups (cosine)"),
    "stability": (
        "Stability",
        "at most 1: agreement of the groups found in two halves of the texts (adjusted Rand index)",
    ),
    "calibration_error": (
        "Calibration error",
        "mean difference between a text's probability and the share of such texts that keep their cluster",
    ),
    "rows": ("Texts with a known label", "the measures of agreement use these only"),
    "classes": ("Known classes", "distinct known labels"),
    "acc": ("Accuracy", "share of texts in the right class, each cluster matched to one class; noise counts as wrong"),
    "nmi": (
        "NMI",
        "0 to 1: mutual information of clusters and classes, over the mean of their entropies; noise is one group",
    ),
    "ari": (
        "ARI",
        "agreement on which pairs of texts belong together, corrected for chance: 0 is chance, 1 is perfect",
    ),
    "homogeneity": ("Homogeneity", "0 to 1: each cluster holds one class only"),
    "completeness": ("Completeness", "0 to 1: each class lies in one cluster only"),
    "v_measure": ("V-measure", "harmonic mean of homogeneity and completeness"),
}


def measure(name: str) -> tuple[str, str]:
    """Return the display name and explanation of a metric; one without an entry keeps its name."""
    return MEASURES.get(name, (name.replace("_", " "), ""))
