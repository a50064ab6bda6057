"""The settings of the clustering stage, and of the hierarchy."""

from dataclasses import dataclass
from typing import Literal

from textssl.clustering.registry import METHODS
from textssl.config import Settings, setting
from textssl.errors import UsageError


def level_numbers(levels: str | int) -> tuple[int, ...]:
    """Return the numbers in `levels`, ascending; none for auto.

    Raises:
        UsageError: if they are not whole numbers above 0, separated by commas.
    """
    if levels == "auto":
        return ()
    try:
        numbers = sorted({int(number) for number in str(levels).split(",")})
    except ValueError:
        numbers = [0]
    if numbers[0] < 1:
        raise UsageError(
            f"hierarchy.levels expects auto or numbers of clusters separated by commas, got {levels!r}: "
            "write 10,100,1000"
        )
    return tuple(numbers)


def _checked_levels(levels: str | int) -> str:
    return ",".join(map(str, level_numbers(levels)))


@dataclass(frozen=True)
class ClusteringSettings(Settings, path="clustering"):
    """How vectors are grouped. The registry of clusterers lists the settings that each of them takes."""

    method: str = setting(
        "auto",
        "the clusterer, one of {choices}; auto = kmeans, for clusters of similar size, or linked_kmeans, whichever "
        "explains the words of the texts better (or, of vectors alone, has the wider margin)",
        choices=METHODS,
    )
    n_clusters: int | Literal["auto"] = setting(
        "auto", "number of clusters; auto = the best of several; with hdbscan, decided by the density", low=1
    )
    max_clusters: int = setting(500, "largest number of clusters that auto tries", low=2)
    noise: Literal["keep", "nearest", "soft"] = setting(
        "keep",
        "hdbscan, texts in no dense region: keep = label -1; nearest, soft = they join the nearest cluster, with "
        "probability 0, or with a low one by their density, to set a threshold on",
    )
    pca_dimensions: int = setting(15, "hdbscan, gmm: number of dimensions that PCA keeps", low=1)
    min_cluster_size: int | Literal["auto"] = setting(
        "auto", "hdbscan: fewest texts in a cluster; auto = a quarter of the square root of their number", low=2
    )
    linkage: Literal["ward", "average"] = setting("ward", "agglomerative: how the distance of two clusters is measured")
    calibrate: bool = setting(
        True,
        "also cluster halves of the texts, so that a probability is the share of similar texts that keep their "
        "cluster; otherwise it is that of the clusterer",
    )
    n_init: int = setting(30, "kmeans: number of runs from different initial centres; the best is kept", low=1)


@dataclass(frozen=True)
class HierarchySettings(Settings, path="hierarchy"):
    """Which levels of clusters there are beside those of the clustering."""

    levels: str | int = setting(
        "auto",
        "numbers of clusters of further levels, coarser and finer, such as 10,100,1000; auto = a sixth and six times "
        "as many from each level to the next",
        check=_checked_levels,
    )
