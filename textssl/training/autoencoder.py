"""An autoencoder of vectors, which may learn the density of its code along with it.

A denoising autoencoder (Vincent et al. 2008) reads noisy vectors and gives back the vectors without noise, through a
code of few dimensions. With a density head, a Gaussian mixture of the code, the reconstruction and the density are
trained as one loss (DAGMM, Zong et al. 2018), so that the code keeps what its density needs. DAGMM's code can shrink
until its density is high everywhere; here every dimension of the code has unit variance.
"""

import math
from collections.abc import Mapping, Sequence

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from textssl.training.device import best_device, own_randomness
from textssl.training.loop import train
from textssl.training.optimizers import Plan
from textssl.training.tasks import Batch

_ROWS_AT_ONCE = 16_384


class Mixture(nn.Module):
    """The log density of a mixture of Gaussians with diagonal covariances, for a code of unit variance.

    Args:
        components: number of Gaussians.
        dimensions: of the code.
        floor: the smallest variance, so that no Gaussian shrinks to a single code. Default 0.01.
    """

    def __init__(self, components: int, dimensions: int, floor: float = 0.01) -> None:
        super().__init__()
        self.floor = floor
        self.means = nn.Parameter(torch.randn(components, dimensions))
        self.log_variances = nn.Parameter(torch.zeros(components, dimensions))
        self.logits = nn.Parameter(torch.zeros(components))

    def forward(self, code: torch.Tensor) -> torch.Tensor:
        """Return the log density (n,) of codes (n, c), in nats."""
        variances = self.log_variances.exp() + self.floor
        squares = (code[:, None, :] - self.means).square() / variances
        logs = -0.5 * (squares + variances.log() + math.log(2 * math.pi)).sum(dim=2)
        return torch.logsumexp(logs + self.logits.log_softmax(dim=0), dim=1)


class Autoencoder(nn.Module):
    """Encoder, decoder and, with components, the density of the code.

    Args:
        dimensions: d of the vectors.
        code_dimensions: c of the code.
        hidden: width of the hidden layer on either side.
        components: Gaussians of the density head; 0 = no head. Default 0.
    """

    def __init__(self, dimensions: int, code_dimensions: int, hidden: int, components: int = 0) -> None:
        super().__init__()
        self.encoder = nn.Sequential(
            nn.Linear(dimensions, hidden),
            nn.GELU(),
            nn.Linear(hidden, code_dimensions),
            nn.BatchNorm1d(code_dimensions, affine=False),
        )
        self.decoder = nn.Sequential(nn.Linear(code_dimensions, hidden), nn.GELU(), nn.Linear(hidden, dimensions))
        self.mixture = Mixture(components, code_dimensions) if components else None
        self.mean: torch.Tensor
        self.scale: torch.Tensor  # the root mean square of a dimension, one for all
        self.register_buffer("mean", torch.zeros(dimensions))
        self.register_buffer("scale", torch.ones(()))

    def fit_scale(self, vectors: np.ndarray) -> None:
        """Set the mean and the scale that inputs are standardised with to those of vectors (n, d)."""
        mean = vectors.mean(axis=0)
        scale = math.sqrt(np.square(vectors - mean).mean())
        self.mean.copy_(torch.from_numpy(mean))
        self.scale.fill_(scale if scale > 0 else 1.0)

    def standardised(self, vectors: torch.Tensor) -> torch.Tensor:
        """Return vectors (n, d) less the mean, divided by the scale."""
        return (vectors - self.mean) / self.scale

    def forward(self, inputs: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Return the code (n, c) and the reconstruction (n, d) of standardised vectors (n, d)."""
        code = self.encoder(inputs)
        return code, self.decoder(code)


class Denoising:
    """The task of an autoencoder: reconstruct vectors from noisy ones and, with a head, predict their codes' density.

    Args:
        model: the autoencoder.
        vectors: (n, d) float32.
        noise: standard deviation of the noise, in units of the vectors' own.
        density_weight: weight of the negative log density per dimension of the code.
        batch_size: rows of a step, drawn at random.
        seed: of the batches.
    """

    def __init__(
        self, model: Autoencoder, vectors: np.ndarray, noise: float, density_weight: float, batch_size: int, seed: int
    ) -> None:
        self.model, self.vectors, self.noise, self.density_weight = model, vectors, noise, density_weight
        self.batch_size, self.seed = batch_size, seed

    def batch_at(self, step: int) -> Batch:
        """Return vectors of a step."""
        rows = np.random.default_rng([self.seed, step]).integers(len(self.vectors), size=self.batch_size)
        return {"vectors": torch.from_numpy(self.vectors[rows])}

    def loss(self, batch: Batch) -> torch.Tensor:
        """Return the mean squared error, plus the weighted negative log density of the code with a head."""
        clean = self.model.standardised(batch["vectors"])
        code, rebuilt = self.model(clean + self.noise * torch.randn_like(clean))
        loss = functional.mse_loss(rebuilt, clean)
        if self.model.mixture is None:
            return loss
        return loss - self.density_weight * self.model.mixture(code).mean() / code.shape[1]


def train_autoencoder(
    vectors: np.ndarray,
    code_dimensions: int,
    components: int = 0,
    seed: int = 0,
    *,
    hidden: int = 128,
    noise: float = 0.3,
    density_weight: float = 0.1,
    steps: int = 1_000,
    batch_size: int = 256,
    learning_rate: float = 2e-3,
) -> Autoencoder:
    """Train an autoencoder of vectors.

    Args:
        vectors: (n, d) float32, at least 2 rows.
        code_dimensions: c of the code.
        components: Gaussians of the density head; 0 = no head. Default 0.
        seed: of the initial weights, the batches and the noise. Default 0.
        hidden: width of the hidden layers. Default 128.
        noise: standard deviation of the noise on the input, in units of the vectors' own. Default 0.3.
        density_weight: weight of the negative log density per dimension of the code, beside the mean squared error per
            dimension of the vectors in units of their variance. Default 0.1.
        steps: training steps. Default 1,000.
        batch_size: vectors per step. Default 256.
        learning_rate: peak learning rate; the Gaussians, which follow the code, have ten times as high a rate.
            Default 0.002.

    Returns:
        The trained autoencoder, in evaluation mode, on the processor.
    """
    with own_randomness(seed):
        model = Autoencoder(vectors.shape[1], code_dimensions, hidden, components)
    model.fit_scale(vectors)
    task = Denoising(model.to(best_device()), vectors, noise, density_weight, batch_size, seed)
    rates = {f"mixture.{name}": 10 * learning_rate for name in ("means", "log_variances", "logits")}
    plan = Plan(steps, learning_rate, table_learning_rate=learning_rate, rates=rates, bfloat16="never")
    train(task, plan, seed, "autoencoder")
    return model.cpu()


def encode(model: Autoencoder, vectors: np.ndarray) -> np.ndarray:
    """Return the code (n, c), float32, of vectors (n, d)."""
    with torch.no_grad():
        parts = [model.encoder(part) for part in _standardised_parts(model, vectors)]
    return torch.cat(parts).numpy()


def errors_and_log_densities(model: Autoencoder, vectors: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the mean squared error and the log density of the code, (n,), of vectors (n, d).

    Errors are in units of the training vectors' variance; log densities are in nats.
    """
    assert model.mixture is not None
    errors, logs = [], []
    with torch.no_grad():
        for part in _standardised_parts(model, vectors):
            code, rebuilt = model(part)
            errors.append((rebuilt - part).square().mean(dim=1))
            logs.append(model.mixture(code))
    return torch.cat(errors).numpy(), torch.cat(logs).numpy()


def to_arrays(model: Autoencoder) -> dict[str, np.ndarray]:
    """Return the weights by name, from which `from_arrays` makes an equal autoencoder."""
    return {name: tensor.detach().cpu().numpy() for name, tensor in model.state_dict().items()}


def from_arrays(arrays: Mapping[str, np.ndarray]) -> Autoencoder:
    """Return the autoencoder with the weights that `to_arrays` returned.

    Raises:
        KeyError: if a weight is missing.
        ValueError: if the shapes of the weights contradict each other.
    """
    hidden, dimensions = arrays["encoder.0.weight"].shape
    components = len(arrays["mixture.logits"]) if "mixture.logits" in arrays else 0
    model = Autoencoder(dimensions, len(arrays["encoder.2.weight"]), hidden, components)
    try:
        model.load_state_dict({name: torch.from_numpy(np.array(array)) for name, array in arrays.items()})
    except RuntimeError as error:
        raise ValueError(str(error)) from None
    return model.eval()


def _standardised_parts(model: Autoencoder, vectors: np.ndarray) -> Sequence[torch.Tensor]:
    starts = range(0, len(vectors), _ROWS_AT_ONCE)
    parts = [torch.from_numpy(np.array(vectors[i : i + _ROWS_AT_ONCE])).to(model.mean.dtype) for i in starts]
    return [model.standardised(part) for part in parts]
