"""The words of texts as the static encoder sees them: which tokens count, in which texts they stand, their weight."""

import numpy as np
from scipy import sparse
from transformers import PreTrainedTokenizerFast

from textssl.tokens import Tokens, inner_pieces


def word_bags(tokens: Tokens, tokenizer: PreTrainedTokenizerFast, pieces: bool = False) -> sparse.csr_array:
    """Return which words each sequence holds: 1 or 0, float32 (sequences, vocabulary).

    A word is a token with a letter or digit that stands whole, not as a piece of a longer word, in two sequences at
    least (in one, if no word is repeated at all). Pieces of rare words say little of a text's subject; with `pieces`
    every token with a letter or digit counts all the same.
    """
    vocabulary = len(tokenizer)
    whole = word_tokens(tokenizer)[tokens.ids]
    if not pieces:
        inner = inner_pieces(tokenizer)[tokens.ids]
        whole[:-1] &= ~inner[1:]
        whole &= ~inner
    starts = np.concatenate([[0], np.cumsum(whole)])[tokens.starts]
    ids = tokens.ids[whole]
    bags = sparse.csr_array((np.ones(len(ids), np.float32), ids, starts), shape=(len(tokens.lengths), vocabulary))
    bags.sum_duplicates()
    texts_with = np.bincount(bags.indices, minlength=vocabulary)
    bags.data[:] = texts_with[bags.indices] >= (1 if pieces else min(2, texts_with.max(initial=1)))
    bags.eliminate_zeros()
    return bags


def by_text(bags: sparse.csr_array, owners: np.ndarray) -> sparse.csr_array:
    """Join the bags of the sequences of one text: 1 or 0, float32 (texts, vocabulary)."""
    texts = int(owners.max(initial=-1)) + 1
    ones = np.ones(len(owners), np.float32)
    joined = sparse.csr_array((ones, (owners, np.arange(len(owners)))), shape=(texts, len(owners))) @ bags
    joined.data[:] = 1
    return joined


def sif_weights(bags: sparse.csr_array, a: float) -> np.ndarray:
    """Return smooth inverse frequency weights a / (a + p) (Arora et al. 2017), float32 (vocabulary,); 0 for no word."""
    counts = np.bincount(bags.indices, minlength=bags.shape[1])
    return np.where(counts, a / (a + counts / max(1, counts.sum())), 0).astype(np.float32)


def word_tokens(tokenizer: PreTrainedTokenizerFast) -> np.ndarray:
    """Return which tokens hold a letter or digit and are not special: bool (vocabulary,)."""
    special = set(tokenizer.all_special_ids)
    texts = tokenizer.batch_decode([[number] for number in range(len(tokenizer))])
    # A piece of a character's bytes decodes to U+FFFD: part of a letter.
    return np.array(
        [number not in special and any(c.isalnum() or c == "\ufffd" for c in text) for number, text in enumerate(texts)]
    )
