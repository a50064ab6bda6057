import numpy as np
import pytest
from scipy import sparse
from sklearn.metrics import normalized_mutual_info_score

from textssl.clustering.kmeans import SphericalKMeans
from textssl.pipeline.stages import LEAST_REFINED
from textssl.refining.refine import refine, text_vectors
from textssl.training.agreement import cluster_numbers

TOPICS, OWN, SHARED = 4, 40, 60


@pytest.fixture(scope="module")
def corpus():
    """1,200 texts of 4 topics: 3 words of the topic's own 40, 4 of 60 that all share; and the topic of each."""
    rng = np.random.default_rng(0)
    truth = np.arange(1_200) % TOPICS
    dense = np.zeros((len(truth), TOPICS * OWN + SHARED + 5), dtype=np.float32)  # the last five words never occur
    for row, topic in enumerate(truth):
        dense[row, topic * OWN + rng.choice(OWN, 3, replace=False)] = 1
        dense[row, TOPICS * OWN + rng.choice(SHARED, 4, replace=False)] = 1
    return sparse.csr_array(dense), truth


@pytest.fixture(scope="module")
def table(corpus):
    """Token vectors of the topics of words, with much noise."""
    rng = np.random.default_rng(1)
    vectors = 0.3 * rng.normal(size=(corpus[0].shape[1], 16)).astype(np.float32)
    for topic in range(TOPICS):
        vectors[topic * OWN : (topic + 1) * OWN, topic] += 0.5
    return vectors


@pytest.fixture(scope="module")
def clusterings(corpus, table):
    return clustered(text_vectors(corpus[0], table)[0])


@pytest.fixture(scope="module")
def teacher(corpus):
    """Vectors that show the topics behind noise."""
    truth = corpus[1]
    vectors = np.eye(2 * TOPICS)[truth] + 0.6 * np.random.default_rng(2).normal(size=(len(truth), 2 * TOPICS))
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


@pytest.fixture(scope="module")
def refined(corpus, table, clusterings):
    return refine(corpus[0], table, clusterings)


def clustered(vectors):
    return [SphericalKMeans(k, random_state=0).fit_predict(vectors) for k in (4, 8, 16)]


def found(vectors, truth):
    """Return how well k-means finds the topics in vectors, from 0 to 1."""
    return normalized_mutual_info_score(truth, SphericalKMeans(TOPICS, random_state=0).fit_predict(vectors))


def test_topics_are_found_better_in_refined_vectors(corpus, table, refined):
    bags, truth = corpus
    assert len(truth) >= LEAST_REFINED
    before, after = (found(text_vectors(bags, vectors)[0], truth) for vectors in (table, refined.token_vectors))
    assert before < 0.9
    assert after > before + 0.05


def test_words_and_teacher_learn_from_each_other(corpus, table, refined, teacher):
    bags, truth = corpus
    both = clustered(np.hstack([text_vectors(bags, table)[0], teacher]))
    taught, again = (refine(bags, table, both, teacher=teacher) for _ in range(2))
    assert again.token_vectors.tobytes() == taught.token_vectors.tobytes()
    (matrix, bias), again_map = taught.teacher_map, again.teacher_map
    assert (matrix.tobytes(), bias.tobytes()) == tuple(part.tobytes() for part in again_map)
    assert (matrix.shape, bias.shape) == ((2 * TOPICS, 2 * TOPICS), (2 * TOPICS,))
    by_words = [found(text_vectors(bags, each.token_vectors)[0], truth) for each in (refined, taught)]
    assert by_words[1] > by_words[0]
    assert found(teacher @ matrix.T + bias, truth) > found(teacher, truth)


def test_what_refining_returns(table, refined):
    assert refined.token_vectors.dtype == np.float32
    assert refined.token_vectors.shape == table.shape
    assert refined.teacher_map is None
    np.testing.assert_array_equal(refined.token_vectors[-5:], table[-5:])  # words that no text has
    assert not np.array_equal(refined.token_vectors[:-5], table[:-5])


def test_the_same_seed_gives_the_same_bytes(corpus, table, clusterings, refined):
    again, other = (refine(corpus[0], table, clusterings, seed) for seed in (0, 1))
    assert again.token_vectors.tobytes() == refined.token_vectors.tobytes()
    assert other.token_vectors.tobytes() != refined.token_vectors.tobytes()


@pytest.mark.parametrize("words", [0, 1])
def test_texts_that_have_no_halves_change_nothing(words):
    dense = np.zeros((1_000, 50), dtype=np.float32)
    dense[np.arange(1_000), np.arange(1_000) % 50] = words
    table = np.random.default_rng(0).normal(size=(50, 8)).astype(np.float32)
    refined = refine(sparse.csr_array(dense), table, [np.arange(1_000) % 5])
    np.testing.assert_array_equal(refined.token_vectors, table)


@pytest.mark.parametrize(
    ("texts", "numbers"),
    [(1, [4]), (79, [4]), (80, [4, 8]), (1_000, [4, 8, 16, 32, 64]), (10**6, [4, 8, 16, 32, 64, 128, 256])],
)
def test_clusters_to_agree_on_are_few_to_many_and_hold_texts(texts, numbers):
    assert cluster_numbers(texts) == numbers


def test_texts_are_unit_vectors_about_their_mean(corpus, table):
    bags = sparse.vstack([corpus[0], sparse.csr_array((1, corpus[0].shape[1]), dtype=np.float32)], format="csr")
    vectors, mean = text_vectors(bags, table)
    lengths = np.linalg.norm(vectors, axis=1)
    np.testing.assert_allclose(lengths[:-1], 1, atol=1e-5)
    assert lengths[-1] == 0  # a text without words
    summed = bags[[0]] @ table
    first = summed / np.linalg.norm(summed) - mean
    np.testing.assert_allclose(vectors[[0]], first / np.linalg.norm(first), atol=1e-5)
