"""The counted start of a new language model: its token table begins as the factorised PMI of the texts.

A random table has to learn from each rare token which others it occurs with; short texts repeat few tokens often
enough. Their co-occurrences are counted in seconds (`textssl.language.cooccurrence`). The layers of a new model are the
identity, so that it begins with just these vectors and learns context from there.
"""

import numpy as np
import torch
from scipy.fft import idct
from transformers import PreTrainedModel, PreTrainedTokenizerFast

from textssl.language.bag_of_words import word_bags
from textssl.language.batches import Sequences
from textssl.language.cooccurrence import token_vectors


@torch.no_grad()
def start_from_counts(
    model: PreTrainedModel, sequences: Sequences, tokenizer: PreTrainedTokenizerFast, seed: int, scale: float = 0.02
) -> None:
    """Set the token table of a new model to the factorised PMI of the tokens that share a text.

    The layer normalisation of a backbone removes the mean and the length of a row, so the rows have the mean 0: what
    the model sees of a token is the direction of its vector. A token that shares no text keeps its random row.

    Args:
        model: from `new_backbone`; changed in place.
        sequences: the texts that the model learns from, also packed into blocks.
        tokenizer: the tokenizer of the sequences.
        seed: of the factorisation.
        scale: root mean square of the rows set. Default 0.02, that of the random rows; larger values start with too
            certain predictions.
    """
    table = model.get_input_embeddings().get_parameter("weight")
    bags = word_bags(_texts(sequences, tokenizer.cls_token_id), tokenizer)
    rows = torch.from_numpy(without_mean(token_vectors(bags, table.shape[1] - 1, seed), table.shape[1]))
    counted = rows.any(dim=1)
    table[counted] = rows[counted] * (scale / rows[counted].square().mean().sqrt())


def without_mean(vectors: np.ndarray, width: int) -> np.ndarray:
    """Return the rows of `vectors`, (n, d < width), rotated into the subspace of R^width of vectors with the mean 0.

    The columns become the coefficients of a discrete cosine transform, whose basis is orthonormal and begins with the
    constant vector.
    """
    coefficients = np.zeros((len(vectors), width), dtype=np.float32)
    coefficients[:, 1 : vectors.shape[1] + 1] = vectors
    return idct(coefficients, norm="ortho")


def _texts(sequences: Sequences, opening: int) -> Sequences:
    """Return the texts, or parts of them, in the sequences: packed blocks are cut where a text begins."""
    starts = np.union1d(sequences.starts, np.flatnonzero(sequences.ids == opening))
    return Sequences(sequences.ids, starts, np.full(len(starts) - 1, -1))
