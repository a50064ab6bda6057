"""Grouping and vectors tuned together, without labels: the two halves of a text must fall into the same group.

Two steps from a first grouping. A multinomial mixture over the words of the texts moves texts between groups by their
whole wording (Nigam et al. 2000) and dissolves groups that the words do not bear out. Then token vectors and centres
are trained to raise the mutual information between the groups of a text's two random halves (Ji et al. 2019, with
halves for views): groups become predictable from any half of a text, and no fewer or more uneven than they must.

Where another encoder has read the texts too, it is a third view: each half must agree with its group, and at last the
words learn to say alone what words and encoder say together (Hinton et al. 2015).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from scipy import sparse
from torch import nn
from torch.nn import functional

from textssl.clustering.kmeans import SphericalKMeans
from textssl.progress import bar

LEAST_TEXTS = 1_000  # with fewer, the words of a group are too few to learn from
_PASSES = 15  # of expectation and maximisation; the grouping hardly moves after
_STEPS = 100
_LAST_STEPS = 60  # in which the words learn from the joint groups
_BATCH = 2_048  # texts
_CONCENTRATION = 15.0  # how firmly a text belongs to its nearest centre
_TABLE_RATE, _CENTRE_RATE, _TURN_RATE = 5e-4, 3e-3, 3e-4


@dataclass(frozen=True)
class Tuned:
    """What came of the tuning.

    table: float32 (vocabulary, d), the token vectors.
    centres: float32 (k, d) of unit length, and offsets: float32 (k,); a unit vector x belongs to the group with the
    highest `concentration` * cos(x, centre) + offset. k may be less than the groups given.
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
    """Tune token vectors and groups.

    Args:
        bags: the words of each text, 1 or 0, (texts, vocabulary).
        table: (vocabulary, d); the vector of a text is the direction of the sum of its words' vectors, mapped by
        shift: a matrix (d, d) and a bias (d,): x -> matrix x + bias, of unit length again.
        labels: (texts,) the first grouping, 0 to k - 1.
        seed: of order and halves.
        taught: (texts, e) vectors of the texts by another encoder, centred, of unit length.
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
    """Return the groups (texts,) of texts by their words, `bags` and `shift` being as in `tune`."""
    matrix, bias = shift
    vectors = _unit(_unit(bags @ tuned.table) @ matrix.T + bias)
    return (tuned.concentration * vectors @ tuned.centres.T + tuned.offsets).argmax(axis=1)


def tuned_kmeans(
    tuned: Tuned, vectors: np.ndarray, clusters: int | None, notes: tuple[str, ...] = ()
) -> SphericalKMeans:
    """Return the clusterer of tuned groups, fitted to the tuned `vectors` (texts, d) of unit length.

    Args:
        tuned: what `tune` returned.
        vectors: the texts, encoded with the tuned table.
        clusters: how many groups there must be; None takes those that hold texts. Groups that dissolved are made up
            for by the texts that fit worst where they are, each a group of its own.
        notes: what was noted of the first grouping.
    """
    scores = tuned.concentration * vectors @ tuned.centres.T + tuned.offsets
    used = np.unique(scores.argmax(axis=1))
    centres, offsets, scores = tuned.centres[used], tuned.offsets[used], scores[:, used]
    labels, best = scores.argmax(axis=1), scores.max(axis=1)
    margin = np.sort(scores, axis=1)[:, -2:] @ [-1, 1] if len(used) > 1 else best
    borne_out = len(used)
    for loner in np.argsort(margin, kind="stable"):
        if len(centres) >= (clusters or 0):
            break
        centre = vectors[loner]
        offset = best[loner] - tuned.concentration * centre @ centre + 0.01
        score = tuned.concentration * vectors @ centre + offset
        moved = score > best
        if np.isin(labels[moved], labels[~moved], invert=True).any():
            continue  # it would empty another group
        labels[moved] = len(centres)
        best = np.maximum(best, score)
        centres, offsets = np.vstack([centres, centre]), np.append(offsets, offset)
    if borne_out < len(centres):
        notes += (
            f"the words of the texts bear out {borne_out} of the {clusters} clusters asked for; "
            "each other one began as a text that fits ill elsewhere",
        )
    return SphericalKMeans(len(centres)).adopt(vectors, centres, tuned.concentration, offsets, notes)


def mixture_memberships(bags: sparse.csr_array, labels: np.ndarray) -> np.ndarray:
    """Fit a multinomial mixture by EM from a grouping; return the memberships, float32 (texts, groups that remain).

    The Dirichlet prior gives each group as many pseudo-words as the vocabulary has words, spread as in the whole
    corpus. A group too small to outweigh them loses its texts to the group it was split from.
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
    borne_out = np.bincount(memberships.argmax(axis=1), minlength=memberships.shape[1]) >= 2
    # A text may belong to a group that is dropped and to no other: then it belongs to all alike.
    memberships = np.maximum(memberships[:, borne_out], 1e-30)
    return memberships / memberships.sum(axis=1, keepdims=True)


class _ByWords(nn.Module):
    """How near a text lies to each group by its words."""

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
    """How near a text lies to each group by another encoder's vectors, which may turn a little towards the groups."""

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
    """Raise the mutual information of the groups of a text's halves, and of each half and the other encoder."""
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
    """Return the groups by words and encoder together, as probabilities, float32 (texts, k)."""
    blocks = np.array_split(np.arange(bags.shape[0]), max(1, bags.shape[0] // _BATCH))
    return torch.cat([(by_words(*_wholes(bags, rows)) + by_encoder(rows) + offsets).softmax(dim=1) for rows in blocks])


def _learn(by_words: _ByWords, offsets: nn.Parameter, bags: sparse.csr_array, groups: torch.Tensor, seed: int) -> None:
    """Teach the words, alone, the `groups` (texts, k) of whole texts."""
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
    """Yield the rows of `steps` batches of texts that have two words, and so halves; none where no text has."""
    rng = np.random.default_rng(seed)
    usable = np.flatnonzero(np.diff(bags.indptr) >= 2)
    queue = usable[:0]
    for _ in range(steps if len(usable) else 0):
        if len(queue) < min(_BATCH, len(usable)):
            queue = rng.permutation(usable)
        rows, queue = queue[:_BATCH], queue[_BATCH:]
        yield rows


def _wholes(bags: sparse.csr_array, rows: np.ndarray) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the words of texts laid end to end, and where each text starts."""
    part = bags[rows]
    return torch.from_numpy(part.indices.astype(np.int64)), torch.from_numpy(part.indptr[:-1].astype(np.int64))


def _halves(bags: sparse.csr_array, rows: np.ndarray, random: np.random.Generator) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the words of texts laid end to end, and where their random halves start: 2i and 2i + 1 of text i."""
    part = bags[rows]
    counts, starts = np.diff(part.indptr), part.indptr[:-1]
    shuffled = np.lexsort((random.random(len(part.indices)), np.repeat(np.arange(len(rows)), counts)))
    cuts = starts + (counts + random.integers(0, 2, len(rows))) // 2
    words = part.indices[shuffled].astype(np.int64)
    return torch.from_numpy(words), torch.from_numpy(np.stack([starts, cuts], axis=1).ravel().astype(np.int64))


def _mutual_information(first: torch.Tensor, second: torch.Tensor) -> torch.Tensor:
    """Return the mutual information, in nats, of two soft groupings (texts, k) of the same texts."""
    joint = first.T @ second / len(first)
    joint = (joint + joint.T) / 2
    single = joint.sum(dim=0)
    return (joint * (joint + 1e-9).log()).sum() - 2 * (single * (single + 1e-9).log()).sum()
