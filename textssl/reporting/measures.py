"""What the measures are called and mean, in a reader's words."""

MEASURES: dict[str, tuple[str, str]] = {
    "clusters": ("Clusters", "how many were found"),
    "coverage": ("Coverage", "share of the texts that are in a cluster"),
    "smallest": ("Smallest cluster", "texts"),
    "median": ("Median cluster", "texts"),
    "largest": ("Largest cluster", "texts"),
    "silhouette": ("Silhouette", "-1 to 1: how much nearer texts are to their own cluster than to the next (cosine)"),
    "gap": ("Gap", "-2 to 2: how much clearer the clusters are than those of texts without groups (cosines)"),
    "stability": ("Stability", "at most 1: how alike two halves of the texts are grouped (adjusted Rand index)"),
    "rows": ("Texts with a known label", "the measures of agreement count these"),
    "classes": ("Known classes", "distinct known labels"),
    "acc": ("Accuracy", "share of texts in the right class, each cluster matched to one class; noise counts as wrong"),
    "nmi": ("NMI", "0 to 1: information that clusters and classes share, over the mean of theirs; noise is one group"),
    "ari": ("ARI", "pairs of texts put together or apart as in the classes; 0 is chance, 1 is perfect"),
    "homogeneity": ("Homogeneity", "0 to 1: each cluster holds one class only"),
    "completeness": ("Completeness", "0 to 1: each class lies in one cluster only"),
    "v_measure": ("V-measure", "harmonic mean of homogeneity and completeness"),
}


def measure(name: str) -> tuple[str, str]:
    """Return what to call a measure and what it means; one without an entry keeps its name."""
    return MEASURES.get(name, (name.replace("_", " "), ""))
