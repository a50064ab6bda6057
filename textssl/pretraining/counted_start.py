"""The counted start of a new language model: its token table begins as the factorised PMI of the texts.

A random table has to learn from each rare token which others it occurs with; short texts repeat few tokens often
enough. Their co-occurrences are counted in seconds (`textssl.language.cooccurrence`). The layers of a new model are the
identity, so that it begins with just these vectors and learns context from there.

Predicting words would pull the table away from the topics of the texts (questions on different subjects begin with the
same words). So the counted rows are not trained, and the output matrix, which starts as the table, learns in their
place.
"""

import numpy as np
import torch
from scipy.fft import idct
from transformers import PreTrainedModel, PreTrainedTokenizerFast

from textssl.language.bag_of_words import word_bags
from textssl.language.batches import Sequences
from textssl.language.cooccurrence import token_vectors


def counted_vectors(sequences: Sequences, tokenizer: PreTrainedTokenizerFast, dimensions: int, seed: int) -> np.ndarray:
    """Return the factorised PMI of the words that share a text, float32 (vocabulary, d), zero for other tokens.

    Args:
        sequences: the texts, also packed into blocks.
        tokenizer: the tokenizer of the sequences.
        dimensions: of the vectors.
        seed: of the factorisation.
    """
    return token_vectors(word_bags(texts_in(sequences, tokenizer), tokenizer, least=1), dimensions, seed)


@torch.no_grad()
def start_from_vectors(model: PreTrainedModel, vectors: np.ndarray, scale: float = 0.02, noise: float = 0.2) -> None:
    """Set token table and output matrix of a new model to vectors of tokens.

    The layer normalisation of a backbone removes the mean and the length of a row, so the rows have the mean 0: what
    the model sees of a token is the direction of its vector. Training leaves the rows of these tokens in the token
    table as they are. Any other token starts with a random row, which is trained.

    Args:
        model: from `new_backbone`; changed in place.
        vectors: float32 (vocabulary, d), d below the width of the model; zero for a token that has none.
        scale: root mean square of the rows set. Default 0.02, that of the random rows; larger values start with too
            certain predictions.
        noise: share of its random row that is added to a row set, so that the model can distinguish words that occur
            with the same others. Default 0.2.
    """
    table = model.get_input_embeddings().get_parameter("weight")
    rows = torch.from_numpy(without_mean(vectors, table.shape[1]))
    known = rows.any(dim=1)
    table[known] = rows[known] * (scale / rows[known].square().mean().sqrt()) + noise * table[known]
    # The rows set are not trained, but the output matrix is.
    model.get_output_embeddings().get_parameter("weight").copy_(table)
    trained = ~known[:, None]
    table.register_hook(lambda gradient: gradient * trained.to(gradient.device))


def without_mean(vectors: np.ndarray, width: int) -> np.ndarray:
    """Return the rows of `vectors`, (n, d < width), rotated into the subspace of R^width of vectors with the mean 0.

    The columns become the coefficients of a discrete cosine transform, whose basis is orthonormal and begins with the
    constant vector.
    """
    coefficients = np.zeros((len(vectors), width), dtype=np.float32)
    coefficients[:, 1 : vectors.shape[1] + 1] = vectors
    return idct(coefficients, norm="ortho")


def texts_in(sequences: Sequences, tokenizer: PreTrainedTokenizerFast) -> Sequences:
    """Return the texts, or parts of them, in sequences: packed blocks are cut where a text begins."""
    starts = np.union1d(sequences.starts, np.flatnonzero(sequences.ids == tokenizer.cls_token_id))
    return Sequences(sequences.ids, starts, np.full(len(starts) - 1, -1))
