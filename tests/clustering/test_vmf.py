"""Mixtures of von Mises-Fisher distributions, and the evidence by which clusterings are compared."""

import numpy as np
import pytest
from scipy import sparse
from sklearn.metrics import adjusted_rand_score

from textssl import ClusteringSettings, cluster
from textssl.clustering.evidence import word_evidence
from textssl.clustering.kmeans import SphericalKMeans
from textssl.clustering.validation import ParameterError
from textssl.clustering.vmf import VonMisesFisherMixture


@pytest.fixture
def uneven(make_groups):
    """Two groups, one ten times as large, which k-means cuts in two."""
    return make_groups([1_000, 100], spread=0.9)


def test_a_cluster_has_the_size_that_the_rows_give_it(uneven):
    vectors, truth = uneven
    kmeans = SphericalKMeans(2, random_state=0).fit(vectors)
    mixture = VonMisesFisherMixture(2, random_state=0).fit(vectors)
    scores = [adjusted_rand_score(truth, each.labels_) for each in (kmeans, mixture)]
    assert scores[1] > scores[0]
    shares = np.exp(np.sort(mixture.offsets_))
    assert shares.sum() == pytest.approx(1, abs=1e-5)
    assert shares[0] < np.bincount(kmeans.labels_).min() / len(vectors)


def test_every_cluster_holds_rows(make_groups):
    vectors, _ = make_groups([200] * 2, spread=0.5)
    mixture = VonMisesFisherMixture(60, concentration=1.0, random_state=0).fit(vectors)
    assert len(np.unique(mixture.labels_)) == 60
    assert mixture.n_iter_ < mixture.max_iter


def test_without_iterations_left_to_gain_it_is_its_start(make_groups):
    vectors, truth = make_groups([50] * 3, spread=0.05)
    for init in ("kmeans", "linked_kmeans"):
        mixture = VonMisesFisherMixture(3, init=init, random_state=0).fit(vectors)
        assert adjusted_rand_score(truth, mixture.labels_) == 1


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"concentration": 0}, "concentration must be a number > 0, got 0"),
        ({"concentration": "high"}, "concentration must be a number > 0, got 'high'"),
        ({"init": "random"}, "init must be one of kmeans, linked_kmeans, got 'random'"),
        ({"max_iter": 0}, "max_iter must be a whole number >= 1, got 0"),
    ],
)
def test_parameters_out_of_range(parameters, message):
    with pytest.raises(ParameterError, match=message):
        VonMisesFisherMixture(**parameters).fit(np.eye(3))


@pytest.fixture(scope="module")
def bags():
    """600 texts of 5 words: half of them of one subject's 30 words, a third of another's, a sixth of a third's."""
    rng = np.random.default_rng(0)
    truth = np.repeat([0, 1, 2], [300, 200, 100])
    dense = np.zeros((600, 90), np.float32)
    for row, subject in enumerate(truth):
        dense[row, 30 * subject + rng.choice(30, 5, replace=False)] = 1
    return sparse.csr_array(dense), truth


def test_the_true_clusters_have_the_most_evidence(bags):
    texts, truth = bags
    random = np.random.default_rng(1)
    some_moved = np.where(random.random(600) < 0.1, random.integers(0, 3, 600), truth)
    cut = truth + 3 * random.integers(0, 2, 600)
    joined = np.minimum(truth, 1)
    evidence = word_evidence(texts, truth)
    for worse in (some_moved, cut, joined, np.zeros(600, int), np.arange(600)):
        assert word_evidence(texts, worse) < evidence < 0


def test_evidence_depends_neither_on_the_numbers_of_clusters_nor_on_unused_words(bags):
    texts, truth = bags
    wider = sparse.hstack([texts, sparse.csr_array((600, 7), dtype=np.float32)], format="csr")
    assert word_evidence(wider, 5 * truth) == pytest.approx(word_evidence(texts, truth), abs=1e-12)


def test_texts_of_no_cluster_do_not_count(bags):
    texts, truth = bags
    known = np.where(np.arange(600) % 2, truth, -1)
    assert word_evidence(texts, known) == pytest.approx(word_evidence(texts[1::2], truth[1::2]), abs=1e-12)
    assert word_evidence(texts, np.full(600, -1)) == 0


def test_auto_takes_what_explains_the_words(bags):
    """The vectors show two divisions alike; only the words tell which is right."""
    texts, truth = bags
    texts, truth = texts[:500], truth[:500]
    random = np.random.default_rng(2)
    other = random.permutation(truth)
    vectors = np.hstack([np.eye(2)[truth], np.eye(2)[other]]) + 0.05 * random.normal(size=(500, 4))
    settings = ClusteringSettings(n_clusters=2, calibrate=False, n_init=1)
    found = [cluster(vectors, settings, seed, bags=texts) for seed in range(3)]
    best = max(found, key=lambda each: word_evidence(texts, each.labels))
    assert adjusted_rand_score(truth, best.labels) == 1
    assert "whose groups explain the words of the texts best: vmf -" in best.notes[0]
