"""The vectors that a model gives texts in training, and their k-means clusters at several numbers of clusters."""

import numpy as np
import torch
from sklearn.cluster import KMeans
from threadpoolctl import threadpool_limits
from torch import nn
from torch.nn import functional

from textssl.training.agreement import cluster_numbers
from textssl.training.tasks import Batch


@torch.no_grad()
def unit_vectors(model: nn.Module, batch: Batch, rows_at_once: int = 128) -> torch.Tensor:
    """Return the vectors of texts, float32 (texts, d), of unit length, on the device of the model.

    Args:
        model: from input_ids and attention_mask to sentence_embedding.
        batch: input_ids and attention_mask, (texts, longest); texts in the order of their lengths are read fastest.
        rows_at_once: texts that the model reads at once. Default 128.
    """
    training, device, lengths = model.training, next(model.parameters()).device, batch["attention_mask"].sum(dim=1)
    model.eval()
    parts = []
    for start in range(0, len(lengths), rows_at_once):
        rows = slice(start, start + rows_at_once)
        read = {name: tensor[rows, : int(lengths[rows].max())].to(device) for name, tensor in batch.items()}
        parts.append(model(read)["sentence_embedding"].float())
    model.train(training)
    return functional.normalize(torch.cat(parts), dim=-1)


def clusterings(vectors: np.ndarray, most: int, seed: int) -> list[KMeans]:
    """Return k-means of vectors at each of `cluster_numbers` for which there are enough distinct vectors.

    Args:
        vectors: (n, d), of unit length.
        most: the largest number of clusters.
        seed: of the initial centres.
    """
    distinct = len(np.unique(vectors.round(4), axis=0))
    numbers = [k for k in cluster_numbers(len(vectors), most=most) if k <= distinct] or [1]
    with threadpool_limits(1):  # the sums of several threads depend on which is ready first
        return [KMeans(k, n_init=2, random_state=seed).fit(vectors) for k in numbers]
