"""What a model reads at once, and the batches of it: little padding, and any step found without replay."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
import torch


@dataclass(frozen=True)
class Sequences:
    """What a model reads at once, special tokens included; sequence i is ``ids[starts[i]:starts[i + 1]]``."""

    ids: np.ndarray  # int32 (tokens,)
    starts: np.ndarray  # int64 (sequences + 1,)
    owners: np.ndarray  # int64 (sequences,), the text that each sequence is (a part of); -1 = of several

    @property
    def lengths(self) -> np.ndarray:
        """Tokens in each sequence, int64 (sequences,)."""
        return np.diff(self.starts)

    @cached_property
    def longest(self) -> int:
        """Tokens in the longest sequence."""
        return int(self.lengths.max())

    def select(self, sequences: np.ndarray) -> "Sequences":
        """Return the sequences of the given numbers, in that order."""
        return Sequences(*selected(self.ids, self.starts, sequences), self.owners[sequences])

    def packed(self, length: int) -> "Sequences":
        """Return the texts end to end, in their order, cut every `length` tokens: no padding, and context across texts.

        A text that was cut into several sequences is one again. Sequences of the result belong to no text (-1).
        """
        seams = self.starts[1:-1][(self.owners[1:] == self.owners[:-1]) & (self.owners[1:] >= 0)]
        ids = np.delete(self.ids, np.concatenate([seams - 1, seams]))
        starts = np.append(np.arange(0, len(ids), length), len(ids))
        return Sequences(ids, starts, np.full(len(starts) - 1, -1))

    def padded(self, sequences: np.ndarray, pad: int) -> tuple[torch.Tensor, torch.Tensor]:
        """Return ids and attention mask, int64 (sequences, longest)."""
        lengths = self.lengths[sequences]
        columns = np.arange(min(padded_lengths(lengths).max(), self.longest))
        real = columns < lengths[:, None]
        places = np.where(real, self.starts[sequences][:, None] + columns, 0)
        ids = np.where(real, self.ids[places], pad)
        return torch.from_numpy(ids.astype(np.int64)), torch.from_numpy(real.astype(np.int64))


class Batches:
    """The batches of a training run, each of about `batch_tokens` tokens; ``batches(step)`` gives sequence numbers.

    The sequences are sorted by the length they are padded to, shuffled within it, and cut at places that only the
    lengths decide. So the epoch and the place in it follow from the step alone, and batches have few shapes.
    """

    def __init__(self, lengths: np.ndarray, batch_tokens: int, seed: int) -> None:
        self.padded = padded_lengths(lengths)
        self.seed = seed
        self.cuts = _cuts(np.sort(self.padded)[::-1], batch_tokens)
        self.per_epoch = len(self.cuts) + 1
        self._epoch = lru_cache(maxsize=1)(self._cut)

    def __call__(self, step: int) -> np.ndarray:
        """Return the sequence numbers of the batch at `step`."""
        epoch, place = divmod(step, self.per_epoch)
        return self._epoch(epoch)[place]

    def _cut(self, epoch: int) -> list[np.ndarray]:
        rng = np.random.default_rng([self.seed, epoch])
        order = np.argsort(self.padded + rng.random(len(self.padded)))[::-1]
        parts = np.split(order, self.cuts)
        return [parts[i] for i in rng.permutation(self.per_epoch)]


class RowBatches:
    """The batches of a training run, each of `size` rows, or of all if they are fewer; ``batches(step)`` gives them.

    Every epoch shuffles the rows; what is left of them at its end is not used.
    """

    def __init__(self, rows: np.ndarray, size: int, seed: int | list[int]) -> None:
        self.rows, self.size, self.seed = rows, min(size, len(rows)), seed
        self.per_epoch = len(rows) // self.size
        self._epoch = lru_cache(maxsize=1)(self._shuffled)

    def __call__(self, step: int) -> np.ndarray:
        """Return the rows of the batch at `step`."""
        epoch, place = divmod(step, self.per_epoch)
        return self._epoch(epoch)[place * self.size : (place + 1) * self.size]

    def _shuffled(self, epoch: int) -> np.ndarray:
        rng = np.random.default_rng(self.seed)
        for _ in range(epoch):
            rng.permutation(self.rows)
        return rng.permutation(self.rows)


def longest_first(lengths: np.ndarray, batch_tokens: int) -> Iterator[np.ndarray]:
    """Yield row numbers, the longest texts first, in batches of at most `batch_tokens` with the padding, or of one."""
    order = np.argsort(-lengths, kind="stable")
    start = 0
    while start < len(order):
        end = start + max(1, batch_tokens // max(1, int(lengths[order[start]])))
        yield order[start:end]
        start = end


def selected(ids: np.ndarray, starts: np.ndarray, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the stretches of `ids` that begin at ``starts[rows]``, laid end to end, and where each begins."""
    lengths = np.diff(starts)[rows]
    new = np.append(0, np.cumsum(lengths))
    return ids[np.arange(new[-1]) + np.repeat(starts[rows] - new[:-1], lengths)], new


def padded_lengths(lengths: np.ndarray) -> np.ndarray:
    """Return the lengths rounded up to four binary digits.

    oneDNN makes its kernels anew for each shape: the first product of a shape takes two to three times as long.
    """
    grain = 2 ** np.maximum(0, np.log2(lengths).astype(np.int64) - 3)
    return -(-lengths // grain) * grain


def _cuts(padded: np.ndarray, batch_tokens: int) -> list[int]:
    """Return where batches after the first begin in lengths that fall."""
    cuts, end = [], 0
    while end < len(padded):
        cuts.append(end)
        end += max(1, batch_tokens // int(padded[end]))
    return cuts[1:]
