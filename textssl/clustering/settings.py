"""The settings of the clustering stage."""

from dataclasses import dataclass
from typing import Literal

from textssl.clustering.registry import METHODS
from textssl.config import Settings, setting


@dataclass(frozen=True)
class ClusteringSettings(Settings, path="clustering"):
    """How vectors are grouped. The registry names the settings that each clusterer takes."""

    method: str = setting(
        "auto",
        "the clusterer, one of {choices}; auto = kmeans, for clusters of similar size, or linked_kmeans, by the wider "
        "margin",
        choices=METHODS,
    )
    n_clusters: int | Literal["auto"] = setting(
        "auto", "how many clusters; auto compares numbers, and with hdbscan lets density decide", low=1
    )
    max_clusters: int = setting(500, "the largest number of clusters that auto tries", low=2)
    noise: Literal["keep", "nearest", "soft"] = setting(
        "keep",
        "hdbscan: texts in no dense region are labelled -1, or join the nearest cluster; nearest gives them "
        "probability 0, soft a low one by their density, to set a threshold on",
    )
    pca_dimensions: int = setting(15, "hdbscan, gmm: the dimensions that PCA keeps", low=1)
    min_cluster_size: int | Literal["auto"] = setting(
        "auto", "hdbscan: the fewest texts that make a cluster; auto grows with the square root of their number", low=2
    )
    linkage: Literal["ward", "average"] = setting("ward", "agglomerative: how the distance of two clusters is measured")
    refine: bool = setting(
        True, "auto, kmeans or linked_kmeans on 1,000 texts or more: tune static vectors and clusters together"
    )
    calibrate: bool = setting(
        True,
        "also cluster halves of the texts, so that a probability is the share of such texts that keep their cluster; "
        "otherwise it is the clusterer's own",
    )
    n_init: int = setting(30, "kmeans: runs from different starts, of which the best is kept", low=1)
