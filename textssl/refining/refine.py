"""Clusters and token vectors refined together, without labels.

A multinomial mixture over the words of the texts reassigns texts to clusters and dissolves clusters that the words do
not support. Then token vectors and centres are trained until the two halves of a text belong to the same cluster
(`agreement`). A teacher, another encoder's vectors of the texts, is a third view; then the words alone finally learn to
predict the clusters given by words and teacher together.
"""

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy import sparse

from textssl.refining.agreement import ClusterAgreement, ClusterPrediction, TeacherView, Views, WordView, unit
from textssl.refining.mixture import mixture_memberships
from textssl.training.device import best_device
from textssl.training.loop import train
from textssl.training.optimizers import Plan

LEAST_TEXTS = 1_000  # with fewer, clusters have too few words to learn from


@dataclass(frozen=True)
class Refined:
    """Refined token vectors and clusters.

    A unit vector x belongs to the cluster with the highest concentration * cos(x, centre) + offset.

    Attributes:
        token_vectors: (vocabulary, d) float32.
        centres: (k, d) float32 of unit length; k may be less than the number of initial clusters.
        offsets: (k,) float32, the log weights of the clusters.
        concentration: factor of the cosine; higher values give more certain clusters.
    """

    token_vectors: np.ndarray
    centres: np.ndarray
    offsets: np.ndarray
    concentration: float


def refine(
    bags: sparse.csr_array,
    token_vectors: np.ndarray,
    linear_map: tuple[np.ndarray, np.ndarray],
    labels: np.ndarray,
    seed: int = 0,
    teacher: np.ndarray | None = None,
    checkpoint: Path | None = None,
    *,
    steps: int = 100,
    prediction_steps: int = 60,
    batch_texts: int = 2_048,
    concentration: float = 15.0,
) -> Refined:
    """Refine token vectors and clusters.

    Args:
        bags: the words of each text, 1 or 0, (texts, vocabulary).
        token_vectors: (vocabulary, d) float32; the vector of a text is the sum of its words' vectors, scaled to unit
            length, mapped by `linear_map`, and scaled to unit length again.
        linear_map: a matrix (d, d) and a bias (d,) of the map x -> matrix x + bias.
        labels: (texts,) the initial clusters, 0 to k - 1.
        seed: of batches and halves. Default 0.
        teacher: (texts, e) float32, the teacher's vectors of the texts, centred, of unit length. Default None.
        checkpoint: the file that an interrupted call resumes from; see `checkpoint_files`. Default None: no file.
        steps: training steps in which the views learn to agree. Default 100.
        prediction_steps: training steps in which the words learn to predict the clusters given by words and teacher;
            without a teacher, none. Default 60.
        batch_texts: texts of a step, or all if there are fewer. Default 2,048.
        concentration: factor of the cosine; higher values give more certain clusters. Default 15.
    """
    words = np.unique(bags.indices)
    bags = bags[:, words]
    memberships = mixture_memberships(bags, labels)
    matrix, bias = linear_map
    vectors = unit(unit(bags @ token_vectors[words]) @ matrix.T + bias).astype(np.float32)
    word_view = WordView(token_vectors[words], linear_map, memberships.T @ vectors, concentration)
    teacher_view = None if teacher is None else TeacherView(memberships.T @ teacher, concentration)
    views = Views(word_view, teacher_view, np.log(memberships.mean(axis=0))).to(best_device())
    usable = np.flatnonzero(np.diff(bags.indptr) >= 2)
    files = checkpoint_files(checkpoint) if checkpoint else (None, None)
    if len(usable):
        agreement = ClusterAgreement(views, bags, teacher, usable, batch_texts, seed)
        train(agreement, _plan(steps), seed, "refining", files[1])
    if len(usable) and teacher is not None:
        prediction = ClusterPrediction(views, bags, views.joint(bags, teacher, batch_texts), usable, batch_texts, seed)
        train(prediction, _plan(prediction_steps), seed, "predicting clusters", files[0])
    refined = token_vectors.copy()
    refined[words] = word_view.table.weight.detach().cpu().numpy()
    centres, offsets = word_view.directions(), views.offsets
    return Refined(refined, centres.detach().cpu().numpy(), offsets.detach().cpu().numpy(), concentration)


def refined_labels(refined: Refined, bags: sparse.csr_array, linear_map: tuple[np.ndarray, np.ndarray]) -> np.ndarray:
    """Return the clusters of texts by their words, int (texts,).

    Args:
        refined: what `refine` returned.
        bags: the words of each text, 1 or 0, (texts, vocabulary).
        linear_map: the one given to `refine`.
    """
    matrix, bias = linear_map
    vectors = unit(unit(bags @ refined.token_vectors) @ matrix.T + bias)
    return (refined.concentration * vectors @ refined.centres.T + refined.offsets).argmax(axis=1)


def checkpoint_files(checkpoint: Path) -> tuple[Path, Path]:
    """Return the files that `refine` leaves, of its second and its first training; remove them in this order.

    Args:
        checkpoint: the file given to `refine`.
    """
    return checkpoint, checkpoint.with_suffix(f".agreement{checkpoint.suffix}")


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
