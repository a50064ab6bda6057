"""Hybrid: one loss of the labelled texts, of all texts without labels, and of the consistency between their views.

The encoder learns to classify the labelled texts; to give a part of a text the classes that it gives the whole
(consistency, as FixMatch, Sohn et al. 2020); and to give the two halves of a text the same clusters (self-supervised,
`textssl.training.agreement`). The parts are one weighted sum, so that none undoes what another has learned. Training
starts from the classifier of the frozen vectors that `auto` selects.
"""

from dataclasses import dataclass

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from textssl.classification.fine_tuning import FineTuning, Network, TokenViews, losses, plan_of, prepare
from textssl.classification.graph import kmeans_labels
from textssl.classification.inputs import Fitted, Inputs
from textssl.classification.registry import METHODS
from textssl.classification.selection import select_method
from textssl.estimators.unit_vectors import unique_nonzero_rows, unit_rows
from textssl.language.batches import RowBatches
from textssl.training.agreement import Agreement, ClusterAgreement, SoftClusterings
from textssl.training.device import best_device
from textssl.training.loop import train
from textssl.training.tasks import Batch, Sum, Task

_CONCENTRATION = 15.0  # factor of the cosine to a centre
_PART, _WHOLE = "part/", "whole/"  # of the names of a batch's tensors


@dataclass(frozen=True)
class Consistency:
    """The task of giving a part of a text the classes of the whole, weighted by how certain these are.

    Attributes:
        model: the network.
        views: all texts.
        batches: the batches of texts.
        shares: float32 (k,), of the classes among all texts.
        multi_label: whether texts have several classes.
        seed: of the parts.
        kept: share of the tokens in a part. Default 0.5.
    """

    model: Network
    views: TokenViews
    batches: RowBatches
    shares: torch.Tensor
    multi_label: bool
    seed: int
    kept: float = 0.5

    def batch_at(self, step: int) -> Batch:
        """Return the texts of a step, whole and in part."""
        rows, rng = self.batches(step), np.random.default_rng([self.seed, 13, step])
        read = {_WHOLE: self.views(rows, rng), _PART: self.views(rows, rng, self.kept)}
        return {prefix + name: tensor for prefix, batch in read.items() for name, tensor in batch.items()}

    def loss(self, batch: Batch) -> torch.Tensor:
        """Return the cross-entropy of the parts under the likely classes of the wholes, in nats."""
        with torch.no_grad():
            wanted, certainty = self._likely_classes(self.model(_named(batch, _WHOLE)))
        return (certainty * losses(self.model(_named(batch, _PART)), wanted, self.multi_label)).mean()

    def _likely_classes(self, scores: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Return the likely classes of texts, (n, k), and how certain they are, (n,), from 0 to 1.

        The classes keep their shares (distribution alignment, Berthelot et al. 2020), or one would soon take all texts.
        """
        if self.multi_label:
            likely = scores.sigmoid()
            return (likely > 0.5).float(), (2 * likely - 1).square().mean(dim=1)
        likely = scores.softmax(dim=1)
        likely = functional.normalize(likely * self.shares / likely.mean(dim=0), p=1, dim=1)
        highest, place = likely.max(dim=1)
        chance = 1 / scores.shape[1]
        return functional.one_hot(place, scores.shape[1]).float(), ((highest - chance) / (1 - chance)).square()


class UnitVectors(nn.Module):
    """The vectors of an encoder, of unit length."""

    def __init__(self, encoder: nn.Module) -> None:
        super().__init__()
        self.encoder = encoder

    def forward(self, batch: Batch) -> torch.Tensor:
        """Return the vectors, (texts, d)."""
        return functional.normalize(self.encoder(dict(batch))["sentence_embedding"], dim=1)


def fit(inputs: Inputs) -> Fitted:
    """Train a copy of the encoder, with the classifier, on all texts; an interrupted training resumes."""
    settings = inputs.settings
    compared = {name: entry for name, entry in METHODS.items() if entry.compared}
    head = METHODS[select_method(compared, inputs)[0]].fit(inputs).classifier
    tuning = prepare(inputs, head)
    rows = unique_nonzero_rows(inputs.vectors)
    batches = RowBatches(rows, settings.unlabelled_texts, [inputs.seed, 14])
    shares = torch.from_numpy(head.predict_proba(inputs.vectors).mean(axis=0)).float().to(best_device())
    consistency = Consistency(tuning.network, tuning.views, batches, shares, inputs.y.ndim == 2, inputs.seed)
    parts: list[tuple[float, Task]] = [(1.0, tuning.supervised), (settings.consistency, consistency)]
    if settings.self_supervised:
        parts.append((settings.self_supervised, _agreement(inputs, tuning, rows)))
    task = Sum(parts)
    train(task, plan_of(inputs, tuning.views.is_static, "0."), inputs.seed, "hybrid", inputs.checkpoint)
    return tuning.network.fitted(head)


def _agreement(inputs: Inputs, tuning: FineTuning, rows: np.ndarray) -> ClusterAgreement:
    """Return the task that makes the two halves of a text agree on its clusters, from few to many of them."""
    unit = unit_rows(inputs.vectors, rows)
    found = kmeans_labels(unit, inputs.seed)
    centres = [np.stack([unit[labels == k].mean(axis=0) for k in range(labels.max() + 1)]) for labels in found]
    shares = [(np.bincount(labels) / len(labels)).astype(np.float32) for labels in found]
    model = Agreement(UnitVectors(tuning.network.encoder), SoftClusterings(centres, _CONCENTRATION), shares)
    batches = RowBatches(rows, inputs.settings.unlabelled_texts, [inputs.seed, 15])

    def halves(step: int) -> Batch:
        return tuning.views.halves(batches(step), np.random.default_rng([inputs.seed, 16, step]))

    return ClusterAgreement(model.to(best_device()), halves)


def _named(batch: Batch, prefix: str) -> Batch:
    return {name.removeprefix(prefix): tensor for name, tensor in batch.items() if name.startswith(prefix)}
