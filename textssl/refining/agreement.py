"""The task that trains vectors without labels: the views of a text agree on its clusters.

The views are random halves of a text. Maximising the mutual information of their clusters (IIC, Ji et al. 2019) makes
clusters predictable from either half, while they remain many and of even size. Doing so for several numbers of clusters
at once, from few to many (multi-scale, as the auxiliary over-clustering of IIC), brings out coarse and fine structure
alike, so that any clusterer finds it in the vectors afterwards, with any number of clusters. Another encoder's vector
of the whole text, the teacher's, is a third view.
"""

from collections.abc import Callable, Iterator, Sequence
from itertools import count

import numpy as np
import torch
from scipy import sparse
from torch import nn
from torch.nn import functional

from textssl.language.batches import RowBatches
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


class WordVectors(nn.Module):
    """Text vectors as a static encoder makes them: the sum of the words' vectors, of unit length, then centred.

    Args:
        table: (words, d) float32, the vector of each word times its weight.
        mean: (d,) float32, subtracted from the sum of unit length; not trained.
    """

    def __init__(self, table: np.ndarray, mean: np.ndarray) -> None:
        super().__init__()
        self.table = nn.EmbeddingBag.from_pretrained(torch.from_numpy(table), freeze=False, mode="sum")
        self.mean = nn.Buffer(torch.from_numpy(mean))

    def forward(self, batch: Batch) -> torch.Tensor:
        """Return the vectors of texts, (texts, d), of unit length.

        Args:
            batch: ``words``, int64 (n,), the words of all texts, concatenated, and ``starts``, int64 (texts,), where
                the words of each text start.
        """
        summed = functional.normalize(self.table(batch["words"], batch["starts"]), dim=1)
        return functional.normalize(summed - self.mean, dim=1)


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


def half_batches(
    bags: sparse.csr_array, usable: np.ndarray, batch_texts: int, seed: int, teacher: np.ndarray | None = None
) -> Callable[[int], Batch]:
    """Return the batch of a step of `ClusterAgreement` as a function of the step.

    Args:
        bags: the words of each text, 1 or 0, (texts, words).
        usable: numbers of the texts of at least two words.
        batch_texts: texts of a step.
        seed: of batches and halves.
        teacher: (texts, e) float32, the teacher's vectors. Default None.
    """
    rows_at = RowBatches(usable, batch_texts, [seed, 0])

    def drawn() -> Iterator[Batch]:
        rng = np.random.default_rng([seed, 2])
        for step in count():
            rows = rows_at(step)
            words, starts = _halves(bags, rows, rng)
            batch = {"words": words, "starts": starts}
            yield batch if teacher is None else batch | {"teacher": torch.from_numpy(teacher[rows])}

    return _by_step(drawn)


def unit(rows: np.ndarray) -> np.ndarray:
    """Return the rows of `rows` (n, d), scaled to unit length, float32."""
    return (rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9)).astype(np.float32)


def _by_step(draw: Callable[[], Iterator[Batch]]) -> Callable[[int], Batch]:
    """Return a function of the step for batches that are drawn in order; to go back, they are drawn again."""
    batches, following = draw(), 0

    def batch_at(step: int) -> Batch:
        nonlocal batches, following
        if step < following:
            batches, following = draw(), 0
        for _ in range(following, step):
            next(batches)
        following = step + 1
        return next(batches)

    return batch_at


def _halves(bags: sparse.csr_array, rows: np.ndarray, rng: np.random.Generator) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the words of texts, concatenated, and where their random halves start: 2i and 2i + 1 of text i."""
    part = bags[rows]
    counts, starts = np.diff(part.indptr), part.indptr[:-1]
    shuffled = np.lexsort((rng.random(len(part.indices)), np.repeat(np.arange(len(rows)), counts)))
    cuts = starts + (counts + rng.integers(0, 2, len(rows))) // 2
    words = part.indices[shuffled].astype(np.int64)
    return torch.from_numpy(words), torch.from_numpy(np.stack([starts, cuts], axis=1).ravel().astype(np.int64))
