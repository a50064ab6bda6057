"""The task that trains vectors without labels: the views of a text agree on its clusters.

The views are random halves of a text. Maximising the mutual information of their clusters (IIC, Ji et al. 2019) makes
clusters predictable from either half, while they remain many and of even size. Doing so for several numbers of clusters
at once, from few to many (multi-scale, as the auxiliary over-clustering of IIC), brings out coarse and fine structure
alike, so that any clusterer finds it in the vectors afterwards, with any number of clusters. Another encoder's vector
of the whole text, the teacher's, is a third view.
"""

from collections.abc import Callable, Sequence

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from textssl.training.tasks import Batch


class SoftClusterings(nn.Module):
    """Soft clusterings of the same vectors into several numbers of clusters.

    Args:
        centres: of each clustering the initial centres, float32 (k, d), of any length.
        concentration: factor of the cosine; higher values give more certain clusters.
    """

    def __init__(self, centres: Sequence[np.ndarray], concentration: float) -> None:
        super().__init__()
        self.centres = nn.ParameterList([nn.Parameter(torch.from_numpy(unit(each))) for each in centres])
        self.concentration = concentration

    def forward(self, vectors: torch.Tensor) -> list[torch.Tensor]:
        """Return concentration * cosine to each centre, (n, k), of vectors (n, d) of unit length."""
        return [self.concentration * vectors @ functional.normalize(each, dim=1).T for each in self.centres]


class TurnedTeacher(nn.Module):
    """The teacher's vectors through a linear map, which starts as the identity, and their clusterings.

    Args:
        clusterings: of the teacher's vectors (n, e).
        dimensions: e.
    """

    def __init__(self, clusterings: SoftClusterings, dimensions: int) -> None:
        super().__init__()
        self.clusterings = clusterings
        self.turn = nn.Parameter(torch.eye(dimensions))

    def forward(self, vectors: torch.Tensor) -> list[torch.Tensor]:
        """Return concentration * cosine to each centre, (n, k), of the teacher's vectors (n, e)."""
        return self.clusterings(functional.normalize(vectors @ self.turn, dim=1))


class Agreement(nn.Module):
    """An encoder, the clusterings of its vectors, and the log weights of the clusters.

    Args:
        encoder: from a batch to vectors of unit length, (texts, d).
        clusterings: of these vectors.
        weights: of each clustering the initial shares of its clusters, float32 (k,).
        teacher: clusterings into the same clusters by the teacher's vectors; None without one.
    """

    def __init__(
        self,
        encoder: nn.Module,
        clusterings: SoftClusterings,
        weights: Sequence[np.ndarray],
        teacher: TurnedTeacher | None = None,
    ) -> None:
        super().__init__()
        self.encoder, self.clusterings, self.teacher = encoder, clusterings, teacher
        self.offsets = nn.ParameterList([nn.Parameter(torch.from_numpy(np.log(each + 1e-6))) for each in weights])

    def forward(self, batch: Batch) -> list[torch.Tensor]:
        """Return the scores of the clusters of each clustering by the encoder, (texts, k)."""
        return self.clusterings(self.encoder(batch))

    def probabilities(self, scores: list[torch.Tensor]) -> list[torch.Tensor]:
        """Return the probabilities of the clusters of each clustering, (texts, k)."""
        return [(each + offset).softmax(dim=1) for each, offset in zip(scores, self.offsets, strict=True)]


class ClusterAgreement:
    """The task that makes the two halves of a text agree on its clusters, and each half with the teacher.

    Args:
        model: encoder and clusterings, all of which are trained.
        batch_at: the batch of a step; rows 2i and 2i + 1 are the halves of text i, and ``teacher`` holds the teacher's
            vectors of the texts, (texts, e), if there is one.
    """

    def __init__(self, model: Agreement, batch_at: Callable[[int], Batch]) -> None:
        self.model, self.batch_at = model, batch_at

    def loss(self, batch: Batch) -> torch.Tensor:
        """Return the negative mutual information of the views, the mean over the clusterings, in nats."""
        halves = self.model.probabilities(self.model(batch))
        losses = [-mutual_information(each[0::2], each[1::2]) for each in halves]
        if self.model.teacher is not None:
            taught = self.model.probabilities(self.model.teacher(batch["teacher"]))
            for half in (0, 1):
                pairs = zip(halves, taught, strict=True)
                losses += [-mutual_information(each[half::2], third) / 2 for each, third in pairs]
        return torch.stack(losses).sum() / len(halves)


def mutual_information(first: torch.Tensor, second: torch.Tensor) -> torch.Tensor:
    """Return the mutual information of two soft clusterings of the same texts, in nats (IIC, Ji et al. 2019).

    Args:
        first: (texts, k) the probabilities of the clusters.
        second: (texts, k) likewise, by another view.
    """
    joint = first.T @ second / len(first)
    joint = (joint + joint.T) / 2
    single = joint.sum(dim=0)
    return (joint * (joint + 1e-9).log()).sum() - 2 * (single * (single + 1e-9).log()).sum()


def cluster_numbers(n_texts: int, fewest: int = 4, most: int = 256, least_size: int = 10) -> list[int]:
    """Return the numbers of clusters at which the views are to agree: from few to many, each twice the last.

    Args:
        n_texts: number of texts.
        fewest: the first number. Default 4.
        most: the largest number. Default 256.
        least_size: texts per cluster, at least, on average. Default 10.
    """
    highest = max(fewest, min(most, n_texts // least_size))
    return [fewest << power for power in range((highest // fewest).bit_length())]


def unit(rows: np.ndarray) -> np.ndarray:
    """Return the rows of `rows` (n, d), scaled to unit length, float32."""
    return (rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9)).astype(np.float32)
