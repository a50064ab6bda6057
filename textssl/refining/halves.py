"""The static encoder of the words of a text, and batches of the two random halves of texts."""

from collections.abc import Callable, Iterator
from itertools import count

import numpy as np
import torch
from scipy import sparse
from torch import nn
from torch.nn import functional

from textssl.language.batches import RowBatches
from textssl.training.tasks import Batch


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
