"""What the objectives know of the tokens."""

from dataclasses import dataclass

import numpy as np
import torch
from transformers import PreTrainedTokenizerFast

from textssl.language.word_pieces import word_pieces

_SENTENCE_ENDS = ".!?…。！？।؟"


@dataclass(frozen=True)
class Vocabulary:
    """What the objectives know of the tokens.

    Attributes:
        special: the numbers of the special tokens, int64 (s,).
        mask_id: the number of the mask token; -1 if there is none.
        counts: how often each token occurs in the texts to learn from, 0 for special tokens, int64 (vocabulary,).
        begins: which tokens begin a word, bool (vocabulary,).
        ends: which tokens end a sentence, bool (vocabulary,).
    """

    special: torch.Tensor
    mask_id: int
    counts: np.ndarray
    begins: torch.Tensor
    ends: torch.Tensor

    def words(self, ids: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """Return which tokens are neither special nor padding, bool, shape of `ids`; see `mlm.corrupt`."""
        return mask.bool() & ~torch.isin(ids, self.special)


def vocabulary_of(tokenizer: PreTrainedTokenizerFast, ids: np.ndarray) -> Vocabulary:
    """Return what is known of the tokens of `tokenizer`, given the texts to learn from, int (tokens,)."""
    pieces, special = word_pieces(tokenizer.backend_tokenizer), tokenizer.all_special_ids
    counts = np.bincount(ids, minlength=len(pieces.spelled))
    counts[special] = 0
    begins = ~pieces.continues
    begins[special] = False
    ends = [bool(text.strip()) and not text.strip(_SENTENCE_ENDS) for text in pieces.spelled]
    mask_id = -1 if tokenizer.mask_token_id is None else tokenizer.mask_token_id
    return Vocabulary(torch.tensor(special), mask_id, counts, torch.from_numpy(begins), torch.tensor(ends))
