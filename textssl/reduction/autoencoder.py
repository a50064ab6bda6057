"""A denoising autoencoder, which may learn the density of its code along with it."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from textssl.estimators.validation import ParameterError, check_whole
from textssl.reduction.base import Reducer

if TYPE_CHECKING:
    from textssl.training.autoencoder import Autoencoder

_WEIGHTS = "network."  # begins the names of the weights in a saved reducer


class DenoisingAutoencoder(Reducer):
    """A denoising autoencoder (Vincent et al. 2008): the code from which a network rebuilds vectors without noise.

    With a density head, the reconstruction and the density of the code, a mixture of Gaussians, are trained as one loss
    (DAGMM, Zong et al. 2018). Each dimension of the code has unit variance.

    Parameters:
        n_components: int, default 2. The number of dimensions of the code.
        density_components: int, default 0. The number of Gaussians of the density head; 0 = no head.
        density_weight: float, default 0.1. The weight of the negative log density in the loss.
        hidden: int, default 128. The width of the hidden layers.
        noise: float, default 0.3. The standard deviation of the noise, in units of the vectors' own.
        steps: int, default 1_000. The number of training steps.
        batch_size: int, default 256. The number of vectors per step.
        learning_rate: float, default 0.002. The peak learning rate.
        max_samples: int, default 100_000. The most distinct vectors that are learned from.
        random_state: int or None, default None. The seed.

    Attributes:
        network_: the trained `textssl.training.autoencoder.Autoencoder`.
        notes_, n_features_in_: as in `Stored`.

    Example:
        >>> import numpy as np
        >>> from textssl.reduction import DenoisingAutoencoder
        >>> X = np.random.default_rng(0).normal(size=(40, 5))
        >>> DenoisingAutoencoder(3, steps=10, random_state=0).fit_transform(X).shape
        (40, 3)
    """

    network_: "Autoencoder"

    def __init__(
        self,
        n_components: int = 2,
        density_components: int = 0,
        density_weight: float = 0.1,
        hidden: int = 128,
        noise: float = 0.3,
        steps: int = 1_000,
        batch_size: int = 256,
        learning_rate: float = 2e-3,
        max_samples: int = 100_000,
        random_state: int | None = None,
    ) -> None:
        self.n_components = n_components
        self.density_components = density_components
        self.density_weight = density_weight
        self.hidden = hidden
        self.noise = noise
        self.steps = steps
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.max_samples = max_samples
        self.random_state = random_state

    def fitted_state(self) -> dict[str, np.ndarray]:
        """Return the weights of the network by name."""
        from textssl.training.autoencoder import to_arrays

        return {f"{_WEIGHTS}{name}": array for name, array in to_arrays(self.network_).items()}

    def set_fitted_state(self, arrays: Mapping[str, np.ndarray]) -> None:
        """Set the network to one with the weights that `fitted_state` returned.

        Args:
            arrays: the weights by name, perhaps among other arrays.

        Raises:
            KeyError: if a weight is missing.
        """
        from textssl.training.autoencoder import from_arrays

        weights = {name.removeprefix(_WEIGHTS): array for name, array in arrays.items() if name.startswith(_WEIGHTS)}
        self.network_ = from_arrays(weights)

    def _check_parameters(self) -> None:
        check_whole("density_components", self.density_components, 0)
        for name in ("hidden", "steps"):
            check_whole(name, getattr(self, name), 1)
        check_whole("batch_size", self.batch_size, 2)  # the code is standardised over a batch
        for name in ("noise", "density_weight", "learning_rate"):
            if not getattr(self, name) >= 0:
                raise ParameterError(f"{name} must be a number >= 0, got {getattr(self, name)!r}")

    def _learn(self, rows: np.ndarray) -> None:
        from textssl.training.autoencoder import train_autoencoder

        self.network_ = train_autoencoder(
            rows,
            self.n_components,
            self.density_components,
            self._seed(),
            hidden=self.hidden,
            noise=self.noise,
            density_weight=self.density_weight,
            steps=self.steps,
            batch_size=self.batch_size,
            learning_rate=self.learning_rate,
        )

    def _place(self, rows: np.ndarray) -> np.ndarray:
        from textssl.training.autoencoder import encode

        return encode(self.network_, rows)
