"""Which tokens count in a sentence vector, and how much."""

import numpy as np
from transformers import PreTrainedTokenizerFast

from textssl.tokens import Tokens


def word_tokens(tokenizer: PreTrainedTokenizerFast) -> np.ndarray:
    """Return which tokens hold a letter or digit and are not special: bool (vocabulary,)."""
    special = set(tokenizer.all_special_ids)
    texts = tokenizer.batch_decode([[number] for number in range(len(tokenizer))])
    # A piece of a character's bytes decodes to U+FFFD: part of a letter.
    return np.array(
        [number not in special and any(c.isalnum() or c == "\ufffd" for c in text) for number, text in enumerate(texts)]
    )


def sif_weights(tokens: Tokens, words: np.ndarray, a: float) -> np.ndarray:
    """Return smooth inverse frequency weights a / (a + p) (Arora et al. 2017), float32 (vocabulary,).

    Tokens that are no words weigh nothing.
    """
    counts = np.bincount(tokens.ids, minlength=len(words)) * words
    share = counts / max(1, counts.sum())
    return (words * a / (a + share)).astype(np.float32)
