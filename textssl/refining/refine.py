"""Vectors refined by agreement, without labels.

Token vectors are trained until the two halves of a text belong to the same clusters, in clusterings of several numbers
of clusters (`textssl.training.agreement`). A teacher, another encoder's vectors of the texts, is a third view; it
learns a linear map of its vectors from the words of the texts, and the words from the teacher.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy import sparse

from textssl.refining.halves import WordVectors, half_batches
from textssl.training.agreement import Agreement, ClusterAgreement, SoftClusterings, TurnedTeacher, unit
from textssl.training.device import best_device
from textssl.training.loop import train
from textssl.training.optimizers import Plan


@dataclass(frozen=True)
class Refined:
    """What `refine` has learned.

    Attributes:
        token_vectors: (vocabulary, d) float32.
        teacher_map: matrix (e, e) and bias (e,), float32, of the map x -> matrix x + bias of the teacher's vectors;
            None without a teacher.
    """

    token_vectors: np.ndarray
    teacher_map: tuple[np.ndarray, np.ndarray] | None


def text_vectors(bags: sparse.csr_array, token_vectors: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the vectors of texts with which refining starts, and the mean that was subtracted.

    Args:
        bags: the words of each text, 1 or 0, (texts, vocabulary).
        token_vectors: (vocabulary, d) float32, each times its weight.

    Returns:
        float32 (texts, d), the sum of the words' vectors, of unit length, centred, and of unit length again; zero for a
        text without words. And float32 (d,).
    """
    summed = unit(bags @ token_vectors)
    known = np.asarray(summed.any(axis=1))
    mean = summed[known].mean(axis=0) if known.any() else np.zeros(summed.shape[1], np.float32)
    return unit(summed - mean) * known[:, None], mean


def refine(
    bags: sparse.csr_array,
    token_vectors: np.ndarray,
    clusterings: Sequence[np.ndarray],
    seed: int = 0,
    teacher: np.ndarray | None = None,
    checkpoint: Path | None = None,
    *,
    steps: int = 100,
    batch_texts: int = 2_048,
    concentration: float = 15.0,
) -> Refined:
    """Refine token vectors, and by a linear map the vectors of a teacher.

    Args:
        bags: the words of each text, 1 or 0, (texts, vocabulary).
        token_vectors: (vocabulary, d) float32, each times its weight; see `text_vectors`.
        clusterings: the initial clusters of the texts, int (texts,) from 0, for several numbers of clusters; see
            `cluster_numbers`.
        seed: of batches and halves. Default 0.
        teacher: (texts, e) float32, the teacher's vectors of the texts. Default None.
        checkpoint: the file that an interrupted call resumes from; it remains. Default None: no file.
        steps: training steps. Default 100.
        batch_texts: texts of a step, or all if there are fewer. Default 2,048.
        concentration: factor of the cosine; higher values give more certain clusters. Default 15.
    """
    words = np.unique(bags.indices)
    bags = bags[:, words]
    vectors, mean = text_vectors(bags, token_vectors[words])
    encoder, taught, centre = WordVectors(token_vectors[words], mean), None, None
    if teacher is not None:
        centre = teacher.mean(axis=0)
        teacher = unit(teacher - centre)
        taught = TurnedTeacher(SoftClusterings(_centres(teacher, clusterings), concentration), teacher.shape[1])
    shares = [np.bincount(labels).astype(np.float32) / len(labels) for labels in clusterings]
    model = Agreement(encoder, SoftClusterings(_centres(vectors, clusterings), concentration), shares, taught)
    usable = np.flatnonzero(np.diff(bags.indptr) >= 2)
    if len(usable) and len(clusterings):
        task = ClusterAgreement(model.to(best_device()), half_batches(bags, usable, batch_texts, seed, teacher))
        train(task, _plan(steps), seed, "refining", checkpoint)
    refined = token_vectors.copy()
    refined[words] = encoder.table.weight.detach().cpu().numpy()
    if taught is None:
        return Refined(refined, None)
    matrix = np.ascontiguousarray(taught.turn.detach().cpu().numpy().T)
    return Refined(refined, (matrix, -matrix @ centre))


def _centres(vectors: np.ndarray, clusterings: Sequence[np.ndarray]) -> list[np.ndarray]:
    """Return the sums (k, d) of the vectors (n, d) of each cluster, for each clustering."""
    every, ones = np.arange(len(vectors)), np.ones(len(vectors), np.float32)
    return [sparse.csr_array((ones, (labels, every))) @ vectors for labels in clusterings]


def _plan(steps: int) -> Plan:
    """Return constant rates: high for the centres, low for the token vectors, lowest for the map of the teacher."""
    return Plan(
        steps,
        learning_rate=3e-3,
        table_learning_rate=5e-4,
        rates={"teacher.turn": 3e-4},
        weight_decay=0.0,
        betas=(0.9, 0.99),
        clip=math.inf,
        warmup=0.0,
        decay=False,
        bfloat16="never",
    )
