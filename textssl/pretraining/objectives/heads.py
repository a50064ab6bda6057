"""Heads of the pretext tasks: from the states of a backbone to the answer whether a token or a text was changed."""

import torch
from torch import nn
from torch.nn import functional


class Head(nn.Module):
    """A head with one logit for each question; positive = it was changed.

    Attributes:
        per_token: whether it asks about each token, or about the whole text.
    """

    per_token: bool

    def forward(self, states: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """Return the logits, (texts, length) or (texts,).

        Args:
            states: of the tokens, float32 (texts, length, width).
            mask: int64 (texts, length), 1 for a token and 0 for padding.
        """
        raise NotImplementedError

    def loss(self, logits: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
        """Return the mean binary cross-entropy in nats, of labels 1 or 0; -100 for none."""
        asked = labels != -100
        if not asked.any():
            return 0 * logits.sum()
        return functional.binary_cross_entropy_with_logits(logits[asked].float(), labels[asked].float())


class TokenHead(Head):
    """Whether each token was changed: a layer and a logit, as in ELECTRA (Clark et al. 2020).

    Args:
        width: of the states.
    """

    per_token = True

    def __init__(self, width: int) -> None:
        super().__init__()
        self.dense, self.output = nn.Linear(width, width), nn.Linear(width, 1)

    def forward(self, states: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """Return a logit for each token, (texts, length)."""
        return self.output(functional.gelu(self.dense(states))).squeeze(-1)


class TextHead(Head):
    """Whether a text was changed: a layer, the mean over the tokens, and a logit.

    Args:
        width: of the states.
    """

    per_token = False

    def __init__(self, width: int) -> None:
        super().__init__()
        self.dense, self.output = nn.Linear(width, width), nn.Linear(width, 1)

    def forward(self, states: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """Return a logit for each text, (texts,)."""
        weights = mask[..., None] / mask.sum(dim=1)[:, None, None]
        return self.output((functional.gelu(self.dense(states)) * weights).sum(dim=1)).squeeze(-1)
