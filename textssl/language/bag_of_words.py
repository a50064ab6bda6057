"""Bags of words: which words each text holds, and how much a word weighs."""

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

from textssl.language.batches import Sequences
from textssl.language.tokens import Tokens
from textssl.language.word_pieces import word_pieces
from textssl.run_folder import write_whole

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerFast

_FEW = 50  # sequences: in so few, repeated words may not suffice to distinguish them
_MOST_SILENT = 0.1  # share of the sequences; in ordinary corpora a few per cent hold no repeated word


def word_bags(
    sequences: Sequences, tokenizer: "PreTrainedTokenizerFast", pieces: bool = False, least: int = 2
) -> sparse.csr_array:
    """Return which words each sequence holds: 1 or 0, float32 (sequences, vocabulary).

    A word is a token with a letter or digit that is a whole word, not a piece of one, in at least `least` sequences. If
    more than a tenth of the sequences hold no such word, or only words that all sequences hold, their words count even
    if they occur once; in sequences without whole words, pieces and punctuation count as well. In fewer than 50
    sequences all words count if that makes at least twice as many bags distinct.

    Args:
        sequences: the texts, as token numbers.
        tokenizer: the tokenizer of the sequences.
        pieces: count every token with a letter or digit instead, pieces of rare words too, although these say little
            about the topic of a text. Default False.
        least: sequences that must hold a word. Default 2: a word in one sequence relates it to no other.
    """
    is_word, size = word_tokens(tokenizer), len(tokenizer)
    if pieces:
        return _bags(sequences, is_word[sequences.ids], size)
    inner = word_pieces(tokenizer.backend_tokenizer).inner(sequences.ids)
    whole = ~(inner | np.append(inner[1:], False))
    words = whole & is_word[sequences.ids]
    all_words = _bags(sequences, words, size)
    found_in = np.bincount(all_words.indices, minlength=size)
    counted = found_in >= least
    telling = words & (counted & (found_in < len(sequences.lengths)))[sequences.ids]
    silent = ~np.logical_or.reduceat(telling, sequences.starts[:-1])
    bags = _bags(sequences, words & counted[sequences.ids], size)
    if len(silent) < _FEW and 2 * _n_unique(bags) <= _n_unique(all_words):
        return all_words
    if silent.mean() <= _MOST_SILENT:
        return bags
    wordless = np.logical_or.reduceat(words, sequences.starts[:-1]) == 0
    others = ~np.isin(sequences.ids, tokenizer.all_special_ids) & np.repeat(wordless, sequences.lengths)
    counted[sequences.ids[(words | others) & np.repeat(silent, sequences.lengths)]] = True
    return _bags(sequences, counted[sequences.ids], size)


def _n_unique(bags: sparse.csr_array) -> int:
    return len(np.unique(bags.toarray(), axis=0))


def _bags(sequences: Sequences, places: np.ndarray, vocabulary: int) -> sparse.csr_array:
    """Return which of the tokens at `places`, bool (tokens,), each sequence holds: 1 or 0."""
    starts = np.concatenate([[0], np.cumsum(places)])[sequences.starts]
    ids = sequences.ids[places]
    bags = sparse.csr_array((np.ones(len(ids), np.float32), ids, starts), shape=(len(sequences.lengths), vocabulary))
    bags.sum_duplicates()
    bags.data[:] = 1
    return bags


def by_text(bags: sparse.csr_array, owners: np.ndarray) -> sparse.csr_array:
    """Join the bags of the sequences of each text: 1 or 0, float32 (texts, vocabulary).

    Args:
        bags: (sequences, vocabulary), 1 or 0; see `word_bags`.
        owners: (sequences,) the text that each sequence belongs to.
    """
    texts = int(owners.max(initial=-1)) + 1
    ones = np.ones(len(owners), np.float32)
    joined = sparse.csr_array((ones, (owners, np.arange(len(owners)))), shape=(texts, len(owners))) @ bags
    joined.data[:] = 1
    return joined


def text_bags(tokens: Tokens, max_length: int) -> sparse.csr_array:
    """Return the words of each text as a static encoder counts them: 1 or 0, float32 (texts, vocabulary).

    Args:
        tokens: the texts.
        max_length: tokens of a sequence, special ones included; words are counted by sequence, see `word_bags`.
    """
    sequences = tokens.sequences(max_length)
    return by_text(word_bags(sequences, tokens.tokenizer), sequences.owners)


def save_bags(bags: sparse.csr_array, path: Path) -> None:
    """Write bags, (texts, vocabulary), 1 or 0, to a safetensors file."""
    from safetensors.numpy import save_file

    arrays = {"indices": bags.indices, "starts": bags.indptr, "shape": np.array(bags.shape)}
    write_whole(path, lambda part: save_file(arrays, part))


def load_bags(path: Path) -> sparse.csr_array:
    """Return the bags that `save_bags` wrote: 1 or 0, float32 (texts, vocabulary)."""
    from safetensors.numpy import load_file

    arrays = load_file(path)
    ones = np.ones(len(arrays["indices"]), np.float32)
    return sparse.csr_array((ones, arrays["indices"], arrays["starts"]), shape=tuple(arrays["shape"].tolist()))


def sif_weights(bags: sparse.csr_array, a: float) -> np.ndarray:
    """Return the smooth inverse frequency weights of tokens (SIF, Arora et al. 2017), float32 (vocabulary,).

    Args:
        bags: (sequences, vocabulary), 1 or 0.
        a: the weight of a token is a / (a + p), where p is its share of all tokens; 0 for a token in no bag.
    """
    counts = np.bincount(bags.indices, minlength=bags.shape[1])
    return np.where(counts, a / (a + counts / max(1, counts.sum())), 0).astype(np.float32)


def word_tokens(tokenizer: "PreTrainedTokenizerFast") -> np.ndarray:
    """Return which tokens of `tokenizer` hold a letter or digit and are not special: bool (vocabulary,)."""
    special = set(tokenizer.all_special_ids)
    texts = tokenizer.batch_decode([[number] for number in range(len(tokenizer))])
    # Some of the bytes of a character decode to U+FFFD: part of a letter.
    return np.array(
        [number not in special and any(c.isalnum() or c == "\ufffd" for c in text) for number, text in enumerate(texts)]
    )
