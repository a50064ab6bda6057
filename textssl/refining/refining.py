"""Clusters and vectors tuned together, without labels: the two halves of a text must belong to the same cluster.

Two steps refine an initial clustering. A multinomial mixture over the words of the texts moves texts between clusters
by all of their words (Nigam et al. 2000) and dissolves clusters that the words do not support. Then token vectors and
centres are trained to maximise the mutual information between the clusters of a text's two random halves (Ji et al.
2019, with halves as views): clusters become predictable from either half, while staying many and even.

If there is a teacher, another encoder's vectors of the texts, it is a third view: each half must agree with its
clusters. Finally, the words alone learn to predict the clusters given by words and teacher together (Hinton et al.
2015).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from scipy import sparse
from torch import nn
from torch.nn import functional

from textssl.progress import bar

LEAST_TEXTS = 1_000  # with fewer, a cluster has too few words to learn from
_PASSES = 15  # of expectation and maximisation; later ones hardly change the clusters
_STEPS = 100
_LAST_STEPS = 60  # in which the words learn from the joint clusters
_BATCH = 2_048  # texts
_CONCENTRATION = 15.0  # of texts around their centres
_TABLE_RATE, _CENTRE_RATE, _TURN_RATE = 5e-4, 3e-3, 3e-4


@dataclass(frozen=True)
class Tuned:
    """Tuned token vectors and clusters.

    A unit vector x belongs to the cluster with the highest concentration * cos(x, centre) + offset.

    Attributes:
        table: (vocabulary, d) float32, the token vectors.
        centres: (k, d) float32 of unit length; k may be less than the number of initial clusters.
        offsets: (k,) float32, the log weights of the clusters.
        concentration: of texts around their centres.
    """

    table: np.ndarray
    centres: np.ndarray
    offsets: np.ndarray
    concentration: float


def tune(
    bags: sparse.csr_array,
    table: np.ndarray,
    shift: tuple[np.ndarray, np.ndarray],
    labels: np.ndarray,
    seed: int,
    taught: np.ndarray | None = None,
) -> Tuned:
    """Tune token vectors and clusters.

    Args:
        bags: the words of each text, 1 or 0, (texts, vocabulary).
        table: (vocabulary, d); the vector of a text is the direction of the sum of its words' vectors, mapped by
        shift: a matrix (d, d) and a bias (d,): x -> matrix x + bias, of unit length again.
        labels: (texts,) the initial clusters, 0 to k - 1.
        seed: draws batches and halves.
        taught: (texts, e) the teacher's vectors of the texts, centred, of unit length.
    """
    words = np.unique(bags.indices)
    bags = bags[:, words]
    memberships = mixture_memberships(bags, labels)
    matrix, bias = shift
    vectors = _unit(_unit(bags @ table[words]) @ matrix.T + bias).astype(np.float32)
    by_words = _ByWords(table[words], shift, memberships.T @ vectors)
    offsets = nn.Parameter(torch.from_numpy(np.log(memberships.mean(axis=0))))
    by_encoder = None if taught is None else _ByEncoder(taught, memberships.T @ taught)
    _agree(by_words, by_encoder, offsets, bags, seed)
    if by_encoder:
        _learn(by_words, offsets, bags, _joint_groups(by_words, by_encoder, offsets, bags), seed)
    tuned = table.copy()
    tuned[words] = by_words.table.detach().numpy()
    return Tuned(tuned, by_words.directions().detach().numpy(), offsets.detach().numpy(), _CONCENTRATION)


def tuned_labels(tuned: Tuned, bags: sparse.csr_array, shift: tuple[np.ndarray, np.ndarray]) -> np.ndarray:
    """Return the clusters (texts,) of texts by their words; `bags` and `shift` are those of `tune`."""
    matrix, bias = shift
    vectors = _unit(_unit(bags @ tuned.table) @ matrix.T + bias)
    return (tuned.concentration * vectors @ tuned.centres.T + tuned.offsets).argmax(axis=1)


def mixture_memberships(bags: sparse.csr_array, labels: np.ndarray) -> np.ndarray:
    """Fit a multinomial mixture by EM from initial clusters; return memberships, float32 (texts, remaining clusters).

    The Dirichlet prior gives each cluster as many pseudo-counts as the vocabulary has words, distributed as in the
    whole corpus. A cluster too small to outweigh them loses its texts to the cluster it was split from.
    """
    vocabulary = bags.shape[1]
    whole = np.asarray(bags.sum(axis=0)).ravel() + 0.5
    whole /= whole.sum()
    memberships = np.eye(labels.max() + 1, dtype=np.float32)[labels]
    for _ in range(_PASSES):
        counts = bags.T @ memberships
        share = (counts + vocabulary * whole[:, None]) / (counts.sum(axis=0) + vocabulary)
        scores = bags @ np.log(share / whole[:, None]).astype(np.float32)
        scores += np.log(memberships.mean(axis=0) + 1e-9)
        memberships = np.exp(scores - scores.max(axis=1, keepdims=True))
        memberships /= memberships.sum(axis=1, keepdims=True)
    supported = np.bincount(memberships.argmax(axis=1), minlength=memberships.shape[1]) >= 2
    # A text may belong to a dropped cluster only: then it belongs to all others equally.
    memberships = np.maximum(memberships[:, supported], 1e-30)
    return memberships / memberships.sum(axis=1, keepdims=True)


class _ByWords(nn.Module):
    """The similarity of texts to each cluster by their words."""

    def __init__(self, table: np.ndarray, shift: tuple[np.ndarray, np.ndarray], centres: np.ndarray) -> None:
        super().__init__()
        self.table = nn.Parameter(torch.from_numpy(table))
        self.centres = nn.Parameter(torch.from_numpy(_unit(centres)))
        self.matrix, self.bias = map(torch.from_numpy, shift)

    def directions(self) -> torch.Tensor:
        return functional.normalize(self.centres, dim=1)

    def forward(self, words: torch.Tensor, starts: torch.Tensor) -> torch.Tensor:
        sums = functional.embedding_bag(words, self.table, starts, mode="sum")
        shifted = functional.linear(functional.normalize(sums, dim=1), self.matrix, self.bias)
        return _CONCENTRATION * functional.normalize(shifted, dim=1) @ self.directions().T


class _ByEncoder(nn.Module):
    """The similarity of texts to each cluster by the teacher's vectors, which a linear map adapts to the clusters."""

    def __init__(self, taught: np.ndarray, centres: np.ndarray) -> None:
        super().__init__()
        self.taught = taught
        self.turn = nn.Parameter(torch.eye(taught.shape[1]))
        self.centres = nn.Parameter(torch.from_numpy(_unit(centres)))

    def forward(self, rows: np.ndarray) -> torch.Tensor:
        vectors = functional.normalize(torch.from_numpy(self.taught[rows]) @ self.turn, dim=1)
        return _CONCENTRATION * vectors @ functional.normalize(self.centres, dim=1).T


def _agree(
    by_words: _ByWords, by_encoder: _ByEncoder | None, offsets: nn.Parameter, bags: sparse.csr_array, seed: int
) -> None:
    """Maximise the mutual information of the clusters of a text's halves, and of each half and the teacher."""
    optimizer = _optimizer(by_words, by_encoder, offsets)
    random = np.random.default_rng([seed, 2])
    for rows in bar(_batches(bags, _STEPS, [seed, 0]), "tuning", total=_STEPS, unit="step"):
        halves = by_words(*_halves(bags, rows, random))
        first, second = ((half + offsets).softmax(dim=1) for half in (halves[0::2], halves[1::2]))
        loss = -_mutual_information(first, second)
        if by_encoder:
            third = (by_encoder(rows) + offsets).softmax(dim=1)
            loss = loss - (_mutual_information(first, third) + _mutual_information(second, third)) / 2
        _step(optimizer, loss)


@torch.no_grad()
def _joint_groups(
    by_words: _ByWords, by_encoder: _ByEncoder, offsets: torch.Tensor, bags: sparse.csr_array
) -> torch.Tensor:
    """Return the probabilities of the clusters by words and teacher together, float32 (texts, k)."""
    blocks = np.array_split(np.arange(bags.shape[0]), max(1, bags.shape[0] // _BATCH))
    return torch.cat([(by_words(*_wholes(bags, rows)) + by_encoder(rows) + offsets).softmax(dim=1) for rows in blocks])


def _learn(by_words: _ByWords, offsets: nn.Parameter, bags: sparse.csr_array, groups: torch.Tensor, seed: int) -> None:
    """Train the words alone to predict the `groups` (texts, k) of whole texts."""
    optimizer = _optimizer(by_words, None, offsets)
    for rows in bar(_batches(bags, _LAST_STEPS, [seed, 1]), "learning groups", total=_LAST_STEPS, unit="step"):
        _step(optimizer, functional.cross_entropy(by_words(*_wholes(bags, rows)) + offsets, groups[rows]))


def _optimizer(by_words: _ByWords, by_encoder: _ByEncoder | None, offsets: nn.Parameter) -> torch.optim.Optimizer:
    free: list[dict[str, Any]] = [
        {"params": [by_words.table], "lr": _TABLE_RATE},
        {"params": [by_words.centres, offsets], "lr": _CENTRE_RATE},
    ]
    if by_encoder:
        free += [
            {"params": [by_encoder.centres], "lr": _CENTRE_RATE},
            {"params": [by_encoder.turn], "lr": _TURN_RATE},
        ]
    return torch.optim.Adam(free, betas=(0.9, 0.99))


def _step(optimizer: torch.optim.Optimizer, loss: torch.Tensor) -> None:
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()


def _unit(rows: np.ndarray) -> np.ndarray:
    return rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9)


def _batches(bags: sparse.csr_array, steps: int, seed: list[int]) -> Iterator[np.ndarray]:
    """Yield the rows of `steps` batches of texts of at least two words; none if there are no such texts."""
    rng = np.random.default_rng(seed)
    usable = np.flatnonzero(np.diff(bags.indptr) >= 2)
    queue = usable[:0]
    for _ in range(steps if len(usable) else 0):
        if len(queue) < min(_BATCH, len(usable)):
            queue = rng.permutation(usable)
        rows, queue = queue[:_BATCH], queue[_BATCH:]
        yield rows


def _wholes(bags: sparse.csr_array, rows: np.ndarray) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the words of texts, concatenated, and where each text starts."""
    part = bags[rows]
    return torch.from_numpy(part.indices.astype(np.int64)), torch.from_numpy(part.indptr[:-1].astype(np.int64))


def _halves(bags: sparse.csr_array, rows: np.ndarray, random: np.random.Generator) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the words of texts, concatenated, and where their random halves start: 2i and 2i + 1 of text i."""
    part = bags[rows]
    counts, starts = np.diff(part.indptr), part.indptr[:-1]
    shuffled = np.lexsort((random.random(len(part.indices)), np.repeat(np.arange(len(rows)), counts)))
    cuts = starts + (counts + random.integers(0, 2, len(rows))) // 2
    words = part.indices[shuffled].astype(np.int64)
    return torch.from_numpy(words), torch.from_numpy(np.stack([starts, cuts], axis=1).ravel().astype(np.int64))


def _mutual_information(first: torch.Tensor, second: torch.Tensor) -> torch.Tensor:
    """Return the mutual information, in nats, of two soft clusterings (texts, k) of the same texts."""
    joint = first.T @ second / len(first)
    joint = (joint + joint.T) / 2
    single = joint.sum(dim=0)
    return (joint * (joint + 1e-9).log()).sum() - 2 * (single * (single + 1e-9).log()).sum()
