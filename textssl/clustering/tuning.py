"""Grouping and vectors tuned together, without labels: the two halves of a text must fall into the same group.

Two steps from a first grouping. A multinomial mixture over the words of the texts moves texts between groups by their
whole wording (Nigam et al. 2000) and dissolves groups that the words do not bear out. Then token vectors and centres
are trained to raise the mutual information between the groups of a text's two random halves (Ji et al. 2019, with
halves for views): groups become predictable from any half of a text, and no fewer or more uneven than they must.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from scipy import sparse
from torch.nn import functional

from textssl.clustering.kmeans import SphericalKMeans
from textssl.progress import bar

LEAST_TEXTS = 1_000  # with fewer, the words of a group are too few to learn from
_PASSES = 15  # of expectation and maximisation; the grouping hardly moves after
_STEPS = 100
_BATCH = 2_048  # texts
_CONCENTRATION = 15.0  # how firmly a text belongs to its nearest centre
_TABLE_RATE, _CENTRE_RATE = 5e-4, 3e-3


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


def tune(bags: sparse.csr_array, table: np.ndarray, mean: np.ndarray, labels: np.ndarray, seed: int) -> Tuned:
    """Tune token vectors and groups.

    Args:
        bags: the words of each text, 1 or 0, (texts, vocabulary).
        table: (vocabulary, d); the vector of a text is the direction of the sum of its words' vectors, less `mean`.
        mean: (d,).
        labels: (texts,) the first grouping, 0 to k - 1.
        seed: of order and halves.
    """
    words = np.unique(bags.indices)
    bags = bags[:, words]
    memberships = mixture_memberships(bags, labels)
    vectors = _unit(_unit(bags @ table[words]) - mean).astype(np.float32)
    centres = functional.normalize(torch.from_numpy(memberships.T @ vectors), dim=1).requires_grad_()
    offsets = torch.from_numpy(np.log(memberships.mean(axis=0))).requires_grad_()
    tokens = torch.from_numpy(table[words]).requires_grad_()
    shift = torch.from_numpy(mean)
    optimizer = torch.optim.Adam(
        [{"params": [tokens], "lr": _TABLE_RATE}, {"params": [centres, offsets], "lr": _CENTRE_RATE}], betas=(0.9, 0.99)
    )
    for texts, starts in bar(_half_bags(bags, seed), "tuning", total=_STEPS, unit="step"):
        sums = functional.embedding_bag(texts, tokens, starts, mode="sum")
        halves = functional.normalize(functional.normalize(sums, dim=1) - shift, dim=1)
        groups = (_CONCENTRATION * halves @ functional.normalize(centres, dim=1).T + offsets).softmax(dim=1)
        loss = -_mutual_information(groups[0::2], groups[1::2])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    unit = functional.normalize(centres, dim=1)
    tuned = table.copy()
    tuned[words] = tokens.detach().numpy()
    return Tuned(tuned, unit.detach().numpy(), offsets.detach().numpy(), _CONCENTRATION)


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


def _unit(rows: np.ndarray) -> np.ndarray:
    return rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9)


def _half_bags(bags: sparse.csr_array, seed: int) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
    """Yield batches of texts as words laid end to end and the starts of their halves: 2i and 2i + 1 of text i."""
    rng = np.random.default_rng(seed)
    lengths = np.diff(bags.indptr)
    usable = np.flatnonzero(lengths >= 2)
    if not len(usable):
        return
    queue = usable[:0]
    for _ in range(_STEPS):
        if len(queue) < min(_BATCH, len(usable)):
            queue = rng.permutation(usable)
        rows, queue = queue[:_BATCH], queue[_BATCH:]
        counts = lengths[rows]
        starts = np.cumsum(counts) - counts
        places = np.arange(counts.sum()) + np.repeat(bags.indptr[rows] - starts, counts)
        shuffled = np.lexsort((rng.random(len(places)), np.repeat(np.arange(len(rows)), counts)))
        cuts = starts + (counts + rng.integers(0, 2, len(rows))) // 2
        words = bags.indices[places[shuffled]].astype(np.int64)
        yield torch.from_numpy(words), torch.from_numpy(np.stack([starts, cuts], axis=1).ravel().astype(np.int64))


def _mutual_information(first: torch.Tensor, second: torch.Tensor) -> torch.Tensor:
    """Return the mutual information, in nats, of two soft groupings (texts, k) of the same texts."""
    joint = first.T @ second / len(first)
    joint = (joint + joint.T) / 2
    single = joint.sum(dim=0)
    return (joint * (joint + 1e-9).log()).sum() - 2 * (single * (single + 1e-9).log()).sum()
