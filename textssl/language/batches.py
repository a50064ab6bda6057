"""Token sequences and their batches: little padding, and the batch of any step follows from the step alone."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True)
class Sequences:
    """What a model reads at once, special tokens included; sequence i is ``ids[starts[i]:starts[i + 1]]``.

    Attributes:
        ids: int32 (tokens,), the token numbers of all sequences, concatenated.
        starts: int64 (sequences + 1,), where each sequence starts, and the end of the last.
        owners: int64 (sequences,), the text that each sequence is, or is a part of; -1 for parts of several texts.
    """

    ids: np.ndarray
    starts: np.ndarray
    owners: np.ndarray

    @property
    def lengths(self) -> np.ndarray:
        """Tokens in each sequence, int64 (sequences,)."""
        return np.diff(self.starts)

    @cached_property
    def longest(self) -> int:
        """Tokens in the longest sequence."""
        return int(self.lengths.max())

    def select(self, sequences: np.ndarray) -> "Sequences":
        """Return the sequences with the numbers `sequences`, in that order."""
        return Sequences(*selected(self.ids, self.starts, sequences), self.owners[sequences])

    def packed(self, length: int) -> "Sequences":
        """Return the texts concatenated and cut every `length` tokens: no padding, and context across texts.

        The parts of a text that was cut into several sequences are joined first. The owners of the result are -1.
        """
        seams = self.starts[1:-1][(self.owners[1:] == self.owners[:-1]) & (self.owners[1:] >= 0)]
        ids = np.delete(self.ids, np.concatenate([seams - 1, seams]))
        starts = np.append(np.arange(0, len(ids), length), len(ids))
        return Sequences(ids, starts, np.full(len(starts) - 1, -1))

    def padded(self, sequences: np.ndarray, pad: int) -> "tuple[torch.Tensor, torch.Tensor]":
        """Return ids and attention mask, int64 (sequences, longest), of the sequences with the given numbers.

        Args:
            sequences: numbers of sequences.
            pad: the token number that fills shorter ones.
        """
        import torch

        lengths = self.lengths[sequences]
        columns = np.arange(min(padded_lengths(lengths).max(), self.longest))
        real = columns < lengths[:, None]
        places = np.where(real, self.starts[sequences][:, None] + columns, 0)
        ids = np.where(real, self.ids[places], pad)
        return torch.from_numpy(ids.astype(np.int64)), torch.from_numpy(real.astype(np.int64))


class Batches:
    """The batches of a training by number of tokens; ``batches(step)`` returns sequence numbers.

    Sequences are sorted by the length they are padded to, shuffled among those of the same padded length, and cut into
    batches at places that depend on the lengths only. So the epoch and the place in it follow from the step alone, and
    batches have few shapes.

    Args:
        lengths: (sequences,) tokens of each sequence.
        batch_tokens: tokens of a batch, padding included, at most, unless one sequence is longer.
        seed: of the order.
    """

    def __init__(self, lengths: np.ndarray, batch_tokens: int, seed: int) -> None:
        self.padded = padded_lengths(lengths)
        self.seed = seed
        self.cuts = _cuts(np.sort(self.padded)[::-1], batch_tokens)
        self.per_epoch = len(self.cuts) + 1
        self._epoch = lru_cache(maxsize=1)(self._cut)

    def __call__(self, step: int) -> np.ndarray:
        """Return the sequence numbers of the batch of a step."""
        epoch, place = divmod(step, self.per_epoch)
        return self._epoch(epoch)[place]

    def _cut(self, epoch: int) -> list[np.ndarray]:
        rng = np.random.default_rng([self.seed, epoch])
        order = np.argsort(self.padded + rng.random(len(self.padded)))[::-1]
        parts = np.split(order, self.cuts)
        return [parts[i] for i in rng.permutation(self.per_epoch)]


class RowBatches:
    """The batches of a training by number of rows; ``batches(step)`` returns row numbers.

    Every epoch shuffles the rows; a remainder of fewer than `size` rows at its end is not used.

    Args:
        rows: (n,) the numbers to draw from; at least one.
        size: rows of a batch; all of them if there are fewer.
        seed: of the order.
    """

    def __init__(self, rows: np.ndarray, size: int, seed: int | list[int]) -> None:
        self.rows, self.size, self.seed = rows, min(size, len(rows)), seed
        self.per_epoch = len(rows) // self.size
        self._epoch = lru_cache(maxsize=1)(self._shuffled)

    def __call__(self, step: int) -> np.ndarray:
        """Return the rows of the batch of a step."""
        epoch, place = divmod(step, self.per_epoch)
        return self._epoch(epoch)[place * self.size : (place + 1) * self.size]

    def _shuffled(self, epoch: int) -> np.ndarray:
        rng = np.random.default_rng(self.seed)
        for _ in range(epoch):
            rng.permutation(self.rows)
        return rng.permutation(self.rows)


def longest_first(lengths: np.ndarray, batch_tokens: int) -> Iterator[np.ndarray]:
    """Yield batches of row numbers, the longest texts first.

    Args:
        lengths: (texts,) tokens of each text.
        batch_tokens: tokens of a batch, padding included, at most, unless one text is longer.
    """
    order = np.argsort(-lengths, kind="stable")
    start = 0
    while start < len(order):
        end = start + max(1, batch_tokens // max(1, int(lengths[order[start]])))
        yield order[start:end]
        start = end


def selected(ids: np.ndarray, starts: np.ndarray, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the token numbers of some rows, concatenated, and where each row starts, int64 (len(rows) + 1,).

    Args:
        ids: (tokens,) the token numbers of all rows, concatenated.
        starts: (n + 1,) where each row starts in `ids`, and the end of the last.
        rows: numbers of the rows to return, in that order.
    """
    lengths = np.diff(starts)[rows]
    new = np.append(0, np.cumsum(lengths))
    return ids[np.arange(new[-1]) + np.repeat(starts[rows] - new[:-1], lengths)], new


def padded_lengths(lengths: np.ndarray) -> np.ndarray:
    """Return `lengths` rounded up to four significant binary digits, so that batches have few shapes.

    oneDNN creates its kernels for each new shape: the first product of a shape takes two to three times as long.
    """
    grain = 2 ** np.maximum(0, np.log2(lengths).astype(np.int64) - 3)
    return -(-lengths // grain) * grain


def _cuts(padded: np.ndarray, batch_tokens: int) -> list[int]:
    """Return where each batch after the first starts; `padded` lengths are in descending order."""
    cuts, end = [], 0
    while end < len(padded):
        cuts.append(end)
        end += max(1, batch_tokens // int(padded[end]))
    return cuts[1:]
