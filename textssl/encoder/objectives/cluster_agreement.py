"""Cluster agreement: the two halves of a text belong to the same clusters (`textssl.training.agreement`).

The clusterings start from k-means of the vectors before training, at several numbers of clusters.
"""

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from textssl.encoder.objectives.inputs import ObjectiveInputs
from textssl.encoder.vectors import clusterings, unit_vectors
from textssl.training.agreement import Agreement, SoftClusterings, mutual_information
from textssl.training.tasks import Batch

_SAMPLE = 10_000  # texts that the initial clusters are learned from
_MOST_CLUSTERS = 256
_CONCENTRATION = 15.0  # factor of the cosine; higher values give more certain clusters


class CentredVectors(nn.Module):
    """The vectors of a model, of unit length, centred, and of unit length again.

    Args:
        model: from input_ids and attention_mask to sentence_embedding.
        mean: (d,), subtracted from the vectors of unit length; not trained.
    """

    def __init__(self, model: nn.Module, mean: torch.Tensor) -> None:
        super().__init__()
        self.model = model
        self.mean = nn.Buffer(mean)

    def forward(self, batch: Batch) -> torch.Tensor:
        """Return the vectors of texts, (texts, d)."""
        vectors = functional.normalize(self.model(batch)["sentence_embedding"].float(), dim=1)
        return functional.normalize(vectors - self.mean, dim=1)


class ClusterAgreement(nn.Module):
    """The negative mutual information of the clusters of the halves of texts (IIC, Ji et al. 2019).

    Args:
        model: from input_ids and attention_mask to sentence_embedding.
        inputs: of which texts and seed count.
    """

    def __init__(self, model: nn.Module, inputs: ObjectiveInputs) -> None:
        super().__init__()
        lengths = inputs.sequences.lengths
        sample = np.random.default_rng([inputs.seed, 7]).permutation(len(lengths))[:_SAMPLE]
        ids, mask = inputs.sequences.padded(sample[np.argsort(lengths[sample], kind="stable")], 0)
        vectors = unit_vectors(model, {"input_ids": ids, "attention_mask": mask})
        mean = vectors.mean(dim=0)
        centred = functional.normalize(vectors - mean, dim=1).cpu().numpy()
        found = clusterings(centred, _MOST_CLUSTERS, inputs.seed)
        shares = [np.bincount(each.labels_, minlength=each.n_clusters) / len(sample) for each in found]
        self.agreement = Agreement(
            CentredVectors(model, mean),
            SoftClusterings([each.cluster_centers_ for each in found], _CONCENTRATION),
            [each.astype(np.float32) for each in shares],
        )

    def forward(self, batch: Batch) -> torch.Tensor:
        """Return the loss, the mean over the clusterings, in nats.

        Args:
            batch: input_ids and attention_mask, (2 * texts, longest); the views of text i are rows i and texts + i.
        """
        views = [each.chunk(2) for each in self.agreement.probabilities(self.agreement(batch))]
        return -torch.stack([mutual_information(first, second) for first, second in views]).mean()
