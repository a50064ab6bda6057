"""The corpus as token numbers, and the batches cut from it: little padding, and any step found without replay."""

from array import array
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import islice
from typing import Any

import numpy as np
import torch
from transformers import PreTrainedModel, PreTrainedTokenizerFast

from textssl.progress import bar

_STRETCH = 50_000  # characters
_STRETCHES_AT_ONCE = 1_000


@dataclass(frozen=True)
class Tokens:
    """Sequences of token numbers laid end to end; sequence i is ``ids[starts[i]:starts[i + 1]]``."""

    ids: np.ndarray  # int32 (tokens,)
    starts: np.ndarray  # int64 (sequences + 1,)
    owners: np.ndarray  # int64 (sequences,), the text that each sequence is (a piece of)

    @property
    def lengths(self) -> np.ndarray:
        """Tokens in each sequence, int64 (sequences,)."""
        return np.diff(self.starts)

    @cached_property
    def longest(self) -> int:
        """Tokens in the longest sequence."""
        return int(self.lengths.max())

    def select(self, sequences: np.ndarray) -> "Tokens":
        """Return the sequences of the given numbers, in that order."""
        ids = [self.ids[:0], *(self.ids[self.starts[i] : self.starts[i + 1]] for i in sequences)]
        return _laid_out(np.concatenate(ids), self.lengths[sequences], self.owners[sequences])

    def packed(self, length: int) -> "Tokens":
        """Return the texts end to end, in their order, cut every `length` tokens: no padding, and context across texts.

        A text that was cut into several sequences is one again. Sequences of the result belong to no text (-1).
        """
        seams = self.starts[1:-1][(self.owners[1:] == self.owners[:-1]) & (self.owners[1:] >= 0)]
        ids = np.delete(self.ids, np.concatenate([seams - 1, seams]))
        starts = np.append(np.arange(0, len(ids), length), len(ids))
        return Tokens(ids, starts, np.full(len(starts) - 1, -1))

    def padded(self, sequences: np.ndarray, pad: int) -> tuple[torch.Tensor, torch.Tensor]:
        """Return ids and attention mask, int64 (sequences, longest)."""
        lengths = self.lengths[sequences]
        columns = np.arange(min(padded_lengths(lengths).max(), self.longest))
        real = columns < lengths[:, None]
        places = np.where(real, self.starts[sequences][:, None] + columns, 0)
        ids = np.where(real, self.ids[places], pad)
        return torch.from_numpy(ids.astype(np.int64)), torch.from_numpy(real.astype(np.int64))


def tokenize(tokenizer: PreTrainedTokenizerFast, texts: Iterable[str], max_length: int) -> Tokens:
    """Tokenize `texts`; one longer than `max_length` becomes several sequences, each with its special tokens."""
    backend = tokenizer.backend_tokenizer
    backend.no_truncation()  # the file of a checkpoint's tokenizer may hold both
    backend.no_padding()
    first, last = tokenizer.cls_token_id, tokenizer.sep_token_id
    room = max_length - 2
    ids, lengths, owners = array("i"), array("q"), array("q")  # grow in place: a list holds ten times as much
    stretches = (
        (owner, stretch)
        for owner, text in enumerate(bar(texts, "tokenizing", unit="text"))
        for stretch in split_stretches(text)
    )
    while block := list(islice(stretches, _STRETCHES_AT_ONCE)):
        encodings = backend.encode_batch_fast([stretch for _, stretch in block], add_special_tokens=False)
        for (owner, _), encoding in zip(block, encodings, strict=True):
            found = encoding.ids  # made anew each time it is asked for
            for start in range(0, max(1, len(found)), room):
                sequence = [first, *found[start : start + room], last]
                ids.extend(sequence)
                lengths.append(len(sequence))
                owners.append(owner)
    return _laid_out(np.asarray(ids), np.asarray(lengths), np.asarray(owners))


def longest_input(model: PreTrainedModel) -> int | None:
    """Return how many tokens a model has positions for; None where its configuration names no limit.

    RoBERTa and its kin count positions from the padding token's number on: 514 of them are room for 512 tokens.
    """
    positions = getattr(model.config, "max_position_embeddings", None)  # of GPT-2, too, by another name
    if positions is None or positions < 1:
        return None
    tables: list[Any] = [getattr(module, "position_embeddings", None) for module in model.modules()]
    paddings = [getattr(table, "padding_idx", None) for table in tables]
    return positions - max((padding + 1 for padding in paddings if padding is not None), default=0)


def length_within(asked: int, model: PreTrainedModel, setting: str) -> tuple[int, list[str]]:
    """Return the tokens a model is given at once, `asked` or as many as it reads, and what to note if these are fewer.

    Args:
        asked: value of the setting.
        model: see `longest_input`.
        setting: its name, for the note.
    """
    longest = longest_input(model) or asked
    if asked <= longest:
        return asked, []
    return longest, [f"the model reads at most {longest} tokens at once: {setting} is {longest}, not {asked}"]


def split_stretches(text: str) -> Iterator[str]:
    """Yield a text whole, or a very long one in stretches cut at spaces: a tokenizer holds much for each token."""
    start = 0
    while len(text) - start > _STRETCH:
        space = text.rfind(" ", start + 1, start + _STRETCH)
        end = space if space > 0 else start + _STRETCH
        yield text[start:end]
        start = end
    yield text[start:]


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


def _laid_out(ids: np.ndarray, lengths: np.ndarray, owners: np.ndarray) -> Tokens:
    return Tokens(ids, np.append(0, np.cumsum(lengths)), owners)
