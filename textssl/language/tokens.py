"""Texts as token numbers: computed once, stored on disk, and read by every stage that learns from or encodes texts."""

from array import array
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Self

import numpy as np
from tokenizers import Tokenizer

from textssl.language.batches import Sequences, selected
from textssl.run_folder import write_whole

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerFast

_STRETCH = 50_000  # characters tokenized at once
_STRETCHES_AT_ONCE = 1_000


@dataclass(frozen=True)
class Tokens:
    """Token numbers of texts, without special tokens; those of text i are ``ids[starts[i]:starts[i + 1]]``.

    Attributes:
        ids: int32 (tokens,), the token numbers of all texts, concatenated.
        starts: int64 (texts + 1,), where each text starts, and the end of the last.
        n_bytes: int64 (texts,), the size of each text in UTF-8.
        tokenizer: the tokenizer they were computed with.
    """

    ids: np.ndarray
    starts: np.ndarray
    n_bytes: np.ndarray
    tokenizer: "PreTrainedTokenizerFast"

    def __len__(self) -> int:
        """Return the number of texts."""
        return len(self.n_bytes)

    @property
    def lengths(self) -> np.ndarray:
        """Tokens of each text, int64 (texts,)."""
        return np.diff(self.starts)

    def select(self, texts: np.ndarray) -> "Tokens":
        """Return the texts with the numbers `texts`, in that order."""
        if np.array_equal(texts, np.arange(len(self))):
            return self
        ids, starts = selected(self.ids, self.starts, texts)
        return Tokens(ids, starts, self.n_bytes[texts], self.tokenizer)

    def numbers(self, texts: slice) -> tuple[np.ndarray, np.ndarray]:
        """Return the ids of consecutive texts, int32 (tokens,), and where each of them starts, int64 (texts + 1,)."""
        first, last, _ = texts.indices(len(self))
        starts = np.asarray(self.starts[first : last + 1])
        return np.asarray(self.ids[starts[0] : starts[-1]]), starts - starts[0]

    def sequences(self, max_length: int) -> Sequences:
        """Return the texts with special tokens; a text of more than `max_length` tokens becomes several sequences."""
        room, lengths = max_length - 2, self.lengths
        counts = np.maximum(1, -(-lengths // room))
        owners = np.repeat(np.arange(len(self)), counts)
        nth = np.arange(len(owners)) - np.repeat(np.cumsum(counts) - counts, counts)
        starts = np.append(0, np.cumsum(np.minimum(room, lengths[owners] - nth * room) + 2))
        ids = np.empty(starts[-1], dtype=np.int32)
        inner = np.ones(len(ids), dtype=bool)
        inner[starts[:-1]] = inner[starts[1:] - 1] = False
        ids[starts[:-1]], ids[starts[1:] - 1] = self.tokenizer.cls_token_id, self.tokenizer.sep_token_id
        ids[inner] = self.ids
        return Sequences(ids, starts, owners)

    def save(self, folder: Path) -> None:
        """Write the arrays to `folder`; the tokenizer is not saved."""

        def write(part: Path) -> None:
            part.mkdir()
            for name in ("ids", "starts", "n_bytes"):
                np.save(part / f"{name}.npy", getattr(self, name))

        write_whole(folder, write)

    @classmethod
    def load(cls, folder: Path, tokenizer: "PreTrainedTokenizerFast") -> Self:
        """Open the arrays that `save` wrote to `folder` as memory maps; `tokenizer` is the one that computed them."""
        arrays = {name: np.load(folder / f"{name}.npy", mmap_mode="r") for name in ("ids", "starts", "n_bytes")}
        return cls(**arrays, tokenizer=tokenizer)


def tokenize(tokenizer: "PreTrainedTokenizerFast", texts: Iterable[str]) -> Tokens:
    """Tokenize texts, any number of them and of any length.

    Args:
        tokenizer: a fast tokenizer.
        texts: the texts; they are only iterated over.
    """
    n_bytes = array("q")

    def counted() -> Iterator[str]:
        for text in texts:
            n_bytes.append(len(text.encode("utf-8", "replace")))
            yield text

    ids, starts = token_numbers(tokenizer.backend_tokenizer, counted())
    return Tokens(ids, starts, np.asarray(n_bytes, dtype=np.int64), tokenizer)


def token_numbers(tokenizer: Tokenizer, texts: Iterable[str]) -> tuple[np.ndarray, np.ndarray]:
    """Return the token numbers of texts, without special tokens.

    Args:
        tokenizer: of the library tokenizers; truncation and padding are turned off.
        texts: the texts; they are only iterated over.

    Returns:
        The token numbers, concatenated, int32 (tokens,), and where each text starts, int64 (texts + 1,).
    """
    if tokenizer.truncation:  # the tokenizer file of a checkpoint may turn on both
        tokenizer.no_truncation()
    if tokenizer.padding:
        tokenizer.no_padding()
    ids, lengths = array("i"), array("q")  # arrays grow in place; a list takes ten times the memory
    stretches = ((part, stretch) for text in texts for part, stretch in enumerate(split_stretches(text)))
    while block := list(islice(stretches, _STRETCHES_AT_ONCE)):
        encodings = tokenizer.encode_batch_fast([stretch for _, stretch in block], add_special_tokens=False)
        for (part, _), encoding in zip(block, encodings, strict=True):
            found = encoding.ids  # every access creates a new list
            ids.extend(found)
            if part:
                lengths[-1] += len(found)
            else:
                lengths.append(len(found))
    return np.asarray(ids, dtype=np.int32), np.append(0, np.cumsum(np.asarray(lengths, dtype=np.int64)))


def longest_input(model: "PreTrainedModel") -> int | None:
    """Return for how many tokens `model` has positions; None if its configuration gives no limit.

    RoBERTa and related models number positions from the padding token's number + 1 on: 514 positions suffice for 512
    tokens.
    """
    positions = getattr(model.config, "max_position_embeddings", None)  # GPT-2's name for it is mapped to this one
    if positions is None or positions < 1:
        return None
    tables = [getattr(module, "position_embeddings", None) for module in model.modules()]
    paddings = [getattr(table, "padding_idx", None) for table in tables]
    return positions - max((padding + 1 for padding in paddings if padding is not None), default=0)


def length_within(asked: int, model: "PreTrainedModel", setting: str) -> tuple[int, list[str]]:
    """Return how many tokens a model reads at once, and a note if these are fewer than requested.

    Args:
        asked: the requested number of tokens.
        model: the model, which may have fewer positions; see `longest_input`.
        setting: name of the setting that requests them, for the note.
    """
    longest = longest_input(model) or asked
    if asked <= longest:
        return asked, []
    return longest, [f"the model reads at most {longest} tokens at once: {setting} is {longest}, not {asked}"]


def split_stretches(text: str) -> Iterator[str]:
    """Yield `text` in parts of at most 50,000 characters, cut at spaces where there are any.

    A tokenizer takes much memory for each token, so very long texts are tokenized in parts.
    """
    start = 0
    while len(text) - start > _STRETCH:
        space = text.rfind(" ", start + 1, start + _STRETCH)
        end = space if space > 0 else start + _STRETCH
        yield text[start:end]
        start = end
    yield text[start:]
