"""The tasks that train clusters and token vectors together: agreement of views, and prediction of clusters.

The views of a text are its two random halves. Maximising the mutual information of their clusters (IIC, Ji et al. 2019,
with halves as views) makes clusters predictable from either half, while they remain many and of even size. A teacher's
vector of the whole text is a third view. Then the words alone learn to predict the clusters given by words and teacher
together (distillation, Hinton et al. 2015).
"""

from collections.abc import Callable, Iterator
from itertools import count

import numpy as np
import torch
from scipy import sparse
from torch import nn
from torch.nn import functional

from textssl.language.batches import RowBatches
from textssl.training.tasks import Batch


class WordView(nn.Module):
    """The similarity of texts to each cluster by their words.

    Args:
        table: (words, d) float32, the vector of each word.
        linear_map: matrix (d, d) and bias (d,) of the map of text vectors, which is not trained.
        centres: (k, d) float32, the initial centres, of any length.
        concentration: factor of the cosine.
    """

    def __init__(
        self, table: np.ndarray, linear_map: tuple[np.ndarray, np.ndarray], centres: np.ndarray, concentration: float
    ) -> None:
        super().__init__()
        self.table = nn.EmbeddingBag.from_pretrained(torch.from_numpy(table), freeze=False, mode="sum")
        self.centres = nn.Parameter(torch.from_numpy(unit(centres)))
        matrix, bias = map(torch.from_numpy, linear_map)
        self.matrix, self.bias = nn.Buffer(matrix), nn.Buffer(bias)
        self.concentration = concentration

    def directions(self) -> torch.Tensor:
        """Return the centres, (k, d), of unit length."""
        return functional.normalize(self.centres, dim=1)

    def forward(self, words: torch.Tensor, starts: torch.Tensor) -> torch.Tensor:
        """Return concentration * cosine, (texts, k).

        Args:
            words: int64 (n,), the words of all texts, concatenated.
            starts: int64 (texts,), where the words of each text start.
        """
        mapped = functional.linear(functional.normalize(self.table(words, starts), dim=1), self.matrix, self.bias)
        return self.concentration * functional.normalize(mapped, dim=1) @ self.directions().T


class TeacherView(nn.Module):
    """The similarity of texts to each cluster by the teacher's vectors, which a linear map adapts to the clusters.

    Args:
        centres: (k, e) float32, the initial centres, of any length.
        concentration: factor of the cosine.
    """

    def __init__(self, centres: np.ndarray, concentration: float) -> None:
        super().__init__()
        self.turn = nn.Parameter(torch.eye(centres.shape[1]))
        self.centres = nn.Parameter(torch.from_numpy(unit(centres)))
        self.concentration = concentration

    def forward(self, vectors: torch.Tensor) -> torch.Tensor:
        """Return concentration * cosine, (texts, k), of the teacher's vectors (texts, e)."""
        turned = functional.normalize(vectors @ self.turn, dim=1)
        return self.concentration * turned @ functional.normalize(self.centres, dim=1).T


class Views(nn.Module):
    """The views of a text, and the log weights of the clusters, which they share.

    Args:
        words: the view of the words.
        teacher: the view of the teacher; None without one.
        offsets: (k,) float32, the initial log weights of the clusters.
    """

    def __init__(self, words: WordView, teacher: TeacherView | None, offsets: np.ndarray) -> None:
        super().__init__()
        self.words, self.teacher = words, teacher
        self.offsets = nn.Parameter(torch.from_numpy(offsets))

    @torch.no_grad()
    def joint(self, bags: sparse.csr_array, vectors: np.ndarray, batch_texts: int) -> torch.Tensor:
        """Return the probabilities of the clusters by words and teacher together, float32 (texts, k).

        Args:
            bags: the words of each text, 1 or 0, (texts, words).
            vectors: (texts, e) the teacher's vectors.
            batch_texts: texts computed at a time, about.
        """
        assert self.teacher is not None
        device, parts = self.offsets.device, []
        for rows in np.array_split(np.arange(bags.shape[0]), max(1, bags.shape[0] // batch_texts)):
            words = (part.to(device) for part in _whole_texts(bags, rows))
            scores = self.words(*words) + self.teacher(torch.from_numpy(vectors[rows]).to(device))
            parts.append((scores + self.offsets).softmax(dim=1).cpu())
        return torch.cat(parts)


class ClusterAgreement:
    """The task that makes the two halves of a text agree on its cluster, and each half with the teacher.

    Args:
        views: the views, all of which are trained.
        bags: the words of each text, 1 or 0, (texts, words).
        teacher: (texts, e) the teacher's vectors, or None.
        usable: numbers of the texts of at least two words.
        batch_texts: texts of a step.
        seed: of batches and halves.
    """

    def __init__(
        self,
        views: Views,
        bags: sparse.csr_array,
        teacher: np.ndarray | None,
        usable: np.ndarray,
        batch_texts: int,
        seed: int,
    ) -> None:
        self.model = views
        self._bags, self._teacher = bags, teacher
        self._batches = RowBatches(usable, batch_texts, [seed, 0])
        self.batch_at = _by_step(lambda: self._drawn(np.random.default_rng([seed, 2])))

    def loss(self, batch: Batch) -> torch.Tensor:
        """Return the negative mutual information of the views, in nats."""
        views = self.model
        halves = views.words(batch["words"], batch["starts"])
        first, second = ((half + views.offsets).softmax(dim=1) for half in (halves[0::2], halves[1::2]))
        loss = -mutual_information(first, second)
        if views.teacher is not None:
            third = (views.teacher(batch["teacher"]) + views.offsets).softmax(dim=1)
            loss = loss - (mutual_information(first, third) + mutual_information(second, third)) / 2
        return loss

    def _drawn(self, rng: np.random.Generator) -> Iterator[Batch]:
        for step in count():
            rows = self._batches(step)
            words, starts = _halves(self._bags, rows, rng)
            batch = {"words": words, "starts": starts}
            yield batch if self._teacher is None else batch | {"teacher": torch.from_numpy(self._teacher[rows])}


class ClusterPrediction:
    """The task of predicting given clusters of texts by their words alone.

    Args:
        views: the views, of which the words and the offsets are trained.
        bags: the words of each text, 1 or 0, (texts, words).
        clusters: (texts, k) the probabilities to predict.
        usable: numbers of the texts of at least two words.
        batch_texts: texts of a step.
        seed: of the batches.
    """

    def __init__(
        self,
        views: Views,
        bags: sparse.csr_array,
        clusters: torch.Tensor,
        usable: np.ndarray,
        batch_texts: int,
        seed: int,
    ) -> None:
        self.model = nn.ModuleDict({"words": views.words, "offsets": nn.ParameterList([views.offsets])})
        self._views, self._bags, self._clusters = views, bags, clusters
        self._batches = RowBatches(usable, batch_texts, [seed, 1])

    def batch_at(self, step: int) -> Batch:
        """Return the words of the texts of a step, and their clusters."""
        rows = self._batches(step)
        words, starts = _whole_texts(self._bags, rows)
        return {"words": words, "starts": starts, "clusters": self._clusters[torch.from_numpy(rows)]}

    def loss(self, batch: Batch) -> torch.Tensor:
        """Return the mean cross-entropy, in nats."""
        scores = self._views.words(batch["words"], batch["starts"]) + self._views.offsets
        return functional.cross_entropy(scores, batch["clusters"])


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


def unit(rows: np.ndarray) -> np.ndarray:
    """Return the rows of `rows` (n, d), scaled to unit length."""
    return rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9)


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


def _whole_texts(bags: sparse.csr_array, rows: np.ndarray) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the words of texts, concatenated, and where each text starts."""
    part = bags[rows]
    return torch.from_numpy(part.indices.astype(np.int64)), torch.from_numpy(part.indptr[:-1].astype(np.int64))


def _halves(bags: sparse.csr_array, rows: np.ndarray, rng: np.random.Generator) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the words of texts, concatenated, and where their random halves start: 2i and 2i + 1 of text i."""
    part = bags[rows]
    counts, starts = np.diff(part.indptr), part.indptr[:-1]
    shuffled = np.lexsort((rng.random(len(part.indices)), np.repeat(np.arange(len(rows)), counts)))
    cuts = starts + (counts + rng.integers(0, 2, len(rows))) // 2
    words = part.indices[shuffled].astype(np.int64)
    return torch.from_numpy(words), torch.from_numpy(np.stack([starts, cuts], axis=1).ravel().astype(np.int64))
