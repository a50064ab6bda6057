"""Novelty by a normalizing flow."""

from collections.abc import Mapping

import numpy as np
import torch
import zuko
from torch import nn

from textssl.density.base import MOST_LEARNED
from textssl.density.reduced import ReducedDensity
from textssl.estimators.validation import check_whole
from textssl.training.device import best_device, own_randomness
from textssl.training.loop import train
from textssl.training.optimizers import Plan
from textssl.training.tasks import Batch

_PREFIX = "flow_."


class FlowDensity(ReducedDensity):
    """The log density by a normalizing flow after PCA: masked autoregressive transforms (Papamakarios et al. 2017).

    Parameters:
        pca_dimensions: int, default 16. The dimensions that PCA keeps; one Gaussian describes the others.
        transforms: int, default 3. The number of transforms.
        hidden: int, default 64. The width of the hidden layers of a transform.
        steps: int, default 300. The training steps.
        batch_size: int, default 256. The rows per step.
        learning_rate: float, default 0.002. The peak learning rate.
        contamination: float in (0, 0.5], default 0.05. The share of the training rows that are outliers.
        max_samples: int, default 5_000. The most rows that are learned from.
        random_state: int or None, default None. The seed.

    Attributes:
        flow_: the trained flow, a torch module.
        mean_, directions_, deviations_, rest_: the PCA, and the standard deviation of what it leaves.
        offset_, aside_scores_, n_features_in_: as in `Detector`.
    """

    def __init__(
        self,
        pca_dimensions: int = 16,
        transforms: int = 3,
        hidden: int = 64,
        steps: int = 300,
        batch_size: int = 256,
        learning_rate: float = 2e-3,
        contamination: float = 0.05,
        max_samples: int = MOST_LEARNED,
        random_state: int | None = None,
    ) -> None:
        self.pca_dimensions = pca_dimensions
        self.transforms = transforms
        self.hidden = hidden
        self.steps = steps
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.contamination = contamination
        self.max_samples = max_samples
        self.random_state = random_state

    def fitted_state(self) -> dict[str, np.ndarray]:
        """Return the arrays of the fitted state by name, with the weights of the flow."""
        weights = {f"{_PREFIX}{name}": value.numpy() for name, value in self.flow_.state_dict().items()}
        return super().fitted_state() | weights

    def set_fitted_state(self, arrays: Mapping[str, np.ndarray]) -> None:
        """Set the fitted state to what `fitted_state` returned."""
        super().set_fitted_state(arrays)
        self.flow_ = self._flow(len(self.deviations_)).double()
        weights = {name: arrays[f"{_PREFIX}{name}"] for name in self.flow_.state_dict()}
        self.flow_.load_state_dict({name: torch.from_numpy(np.array(array)) for name, array in weights.items()})

    def _check_parameters(self) -> None:
        super()._check_parameters()
        for name in ("transforms", "hidden", "steps", "batch_size"):
            check_whole(name, getattr(self, name), 1)

    def _learn_components(self, components: np.ndarray) -> None:
        seed = self.random_state or 0
        with own_randomness(seed):
            flow = self._flow(components.shape[1]).to(best_device())
        task = _Likelihood(flow, components.astype(np.float32), self.batch_size, seed)
        plan = Plan(self.steps, self.learning_rate, table_learning_rate=self.learning_rate, bfloat16="never")
        train(task, plan, seed, "flow")
        self.flow_ = flow.cpu().double()  # so that a score does not depend on which rows are scored together

    def _log_density(self, components: np.ndarray) -> np.ndarray:
        with torch.no_grad():
            return self.flow_().log_prob(torch.from_numpy(components)).numpy()

    def _flow(self, dimensions: int) -> nn.Module:
        return zuko.flows.MAF(dimensions, transforms=self.transforms, hidden_features=(self.hidden, self.hidden))


class _Likelihood:
    """The task of a flow: the negative log likelihood of rows."""

    def __init__(self, model: nn.Module, rows: np.ndarray, batch_size: int, seed: int) -> None:
        self.model, self.rows, self.batch_size, self.seed = model, rows, batch_size, seed

    def batch_at(self, step: int) -> Batch:
        rows = np.random.default_rng([self.seed, step]).integers(len(self.rows), size=self.batch_size)
        return {"rows": torch.from_numpy(self.rows[rows])}

    def loss(self, batch: Batch) -> torch.Tensor:
        return -self.model().log_prob(batch["rows"]).mean()
