import numpy as np
import pytest
from scipy import sparse
from sklearn.metrics import normalized_mutual_info_score
from textssl.clustering.refined import refined_kmeans
from textssl.refining.mixture import mixture_memberships

from textssl.clustering.kmeans import SphericalKMeans
from textssl.clustering.saving import load_clusterer, save_clusterer
from textssl.refining.refine import LEAST_TEXTS, refine

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


def unit(rows):
    return rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9)


def encoded(bags, table, shift):
    matrix, bias = shift
    return unit(unit(bags @ table) @ matrix.T + bias).astype(np.float32)


def clusterer_of(refined, vectors, *rest):
    return refined_kmeans(vectors, refined.centres, refined.offsets, refined.concentration, *rest)


@pytest.fixture(scope="module")
def table(corpus):
    """Token vectors of the topics of words, with much noise."""
    rng = np.random.default_rng(1)
    vectors = 0.5 * rng.normal(size=(corpus[0].shape[1], 16)).astype(np.float32)
    for topic in range(TOPICS):
        vectors[topic * OWN : (topic + 1) * OWN, topic] += 0.5
    return vectors


@pytest.fixture(scope="module")
def shift(corpus, table):
    """A map that centres and turns."""
    matrix = np.linalg.qr(np.random.default_rng(3).normal(size=(16, 16)))[0].astype(np.float32)
    return matrix, -matrix @ unit(corpus[0] @ table).mean(axis=0)


@pytest.fixture(scope="module")
def first(corpus, table, shift):
    return SphericalKMeans(TOPICS, random_state=0).fit_predict(encoded(corpus[0], table, shift))


@pytest.fixture(scope="module")
def refined(corpus, table, shift, first):
    return refine(corpus[0], table, shift, first, 0)


def test_refining_finds_the_topics_better(corpus, table, shift, first, refined):
    bags, truth = corpus
    assert len(truth) >= LEAST_TEXTS
    clusterer = clusterer_of(refined, encoded(bags, refined.token_vectors, shift), TOPICS)
    before = normalized_mutual_info_score(truth, first)
    after = normalized_mutual_info_score(truth, clusterer.labels_)
    assert before < 0.9
    assert after > before + 0.05
    assert len(np.unique(clusterer.labels_)) == TOPICS
    assert clusterer.notes_ == ()


def test_another_encoder_teaches_the_words(corpus, table, shift, first, refined):
    """Afterwards the words alone must give what only the encoder knew."""
    bags, truth = corpus
    taught = unit(np.eye(2 * TOPICS)[truth] + 0.3 * np.random.default_rng(2).normal(size=(len(truth), 2 * TOPICS)))
    again, better = (refine(bags, table, shift, first, 0, taught.astype(np.float32)) for _ in range(2))
    assert again.token_vectors.tobytes() == better.token_vectors.tobytes()
    before, after = (
        clusterer_of(found, encoded(bags, found.token_vectors, shift), TOPICS).labels_ for found in (refined, better)
    )
    assert normalized_mutual_info_score(truth, after) > normalized_mutual_info_score(truth, before)
    assert np.isfinite(better.token_vectors).all()


def test_what_refining_returns(table, refined):
    assert refined.token_vectors.dtype == refined.centres.dtype == refined.offsets.dtype == np.float32
    assert refined.token_vectors.shape == table.shape
    assert refined.centres.shape == (TOPICS, 16)
    np.testing.assert_allclose(np.linalg.norm(refined.centres, axis=1), 1, atol=1e-5)
    np.testing.assert_array_equal(refined.token_vectors[-5:], table[-5:])  # words that no text has
    assert not np.array_equal(refined.token_vectors[:-5], table[:-5])


def test_the_same_seed_gives_the_same_bytes(corpus, table, shift, first, refined):
    again, other = (refine(corpus[0], table, shift, first, seed) for seed in (0, 1))
    assert again.token_vectors.tobytes() == refined.token_vectors.tobytes()
    assert again.centres.tobytes() == refined.centres.tobytes()
    assert other.token_vectors.tobytes() != refined.token_vectors.tobytes()


@pytest.mark.parametrize("wanted", [1, 4, 25, 60])
def test_there_are_as_many_clusters_as_requested(corpus, table, shift, wanted):
    bags, _ = corpus
    labels = np.arange(bags.shape[0]) * 7 % wanted  # clusters that the words do not support
    refined = refine(bags, table, shift, labels, 0)
    clusterer = clusterer_of(refined, encoded(bags, refined.token_vectors, shift), wanted, ("noted before",))
    assert np.array_equal(np.unique(clusterer.labels_), np.arange(wanted))
    assert clusterer.notes_[0] == "noted before"
    if len(refined.centres) < wanted:
        assert f"of the {wanted} requested clusters" in clusterer.notes_[1]


def test_without_a_number_there_are_as_many_clusters_as_hold_texts(corpus, table, shift):
    bags, _ = corpus
    refined = refine(bags, table, shift, np.arange(bags.shape[0]) % 40, 0)
    clusterer = clusterer_of(refined, encoded(bags, refined.token_vectors, shift), None)
    found = np.unique(clusterer.labels_)
    assert np.array_equal(found, np.arange(len(clusterer.cluster_centers_)))
    assert len(found) <= len(refined.centres) <= 40
    assert clusterer.notes_ == ()


def test_no_cluster_is_emptied_to_replace_another(refined):
    """Equal rows cannot be separated: a cluster for one would take the rows of another."""
    rng = np.random.default_rng(0)
    vectors = np.repeat(unit(rng.normal(size=(40, 16))), 3, axis=0).astype(np.float32)
    clusterer = clusterer_of(refined, vectors, 30)
    assert len(np.unique(clusterer.labels_)) == 30
    assert (clusterer.labels_.reshape(40, 3) == clusterer.labels_[::3, None]).all()


def test_refined_clusters_predict_what_they_say_also_from_their_file(corpus, shift, refined, tmp_path):
    vectors = encoded(corpus[0], refined.token_vectors, shift)
    clusterer = clusterer_of(refined, vectors, 12, ("a note",))
    assert np.array_equal(clusterer.predict(vectors), clusterer.labels_)
    assert clusterer.labels_.dtype == np.int32
    assert ((clusterer.probabilities_ > 0) & (clusterer.probabilities_ <= 1)).all()
    save_clusterer(clusterer, tmp_path / "clusterer")
    loaded = load_clusterer(tmp_path / "clusterer")
    assert np.array_equal(loaded.predict(vectors), clusterer.labels_)
    assert np.array_equal(loaded.assign(vectors).probabilities, clusterer.probabilities_)
    assert tuple(loaded.notes_) == clusterer.notes_


def test_offsets_move_the_border(refined):
    vectors = unit(np.array([[1.0, 1.0], [1.0, 0.9]])).astype(np.float32)
    centres = np.array([[2.0, 0.0], [0.0, 5.0]])
    even, uneven = (
        SphericalKMeans.from_centres(vectors, centres, 10.0, np.array(offsets)) for offsets in ([0, 0], [0, 3])
    )
    assert even.labels_[1] == 0
    assert uneven.labels_.tolist() == [1, 1]


def test_the_mixture_joins_what_the_words_do_not_separate(corpus):
    bags, truth = corpus
    split = truth + TOPICS * (np.arange(len(truth)) % 3 == 0)  # each topic cut in two at random
    memberships = mixture_memberships(bags, split)
    assert memberships.shape[0] == len(truth)
    assert TOPICS <= memberships.shape[1] < 2 * TOPICS
    np.testing.assert_allclose(memberships.sum(axis=1), 1, atol=1e-4)
    assert normalized_mutual_info_score(truth, memberships.argmax(axis=1)) > 0.9


def test_a_text_of_a_cluster_that_is_dropped_belongs_somewhere():
    dense = np.zeros((1_001, 700), dtype=np.float32)
    dense[np.arange(1_000), np.arange(1_000) % 20] = 1
    dense[1_000, 20:] = 1  # one long text, unlike all others, in a cluster of its own
    labels = np.append(np.arange(1_000) % 2, 2)
    memberships = mixture_memberships(sparse.csr_array(dense), labels)
    assert memberships.shape[1] == 2
    assert np.isfinite(memberships).all()
    np.testing.assert_allclose(memberships.sum(axis=1), 1, atol=1e-4)


@pytest.mark.parametrize("words", [0, 1])
def test_texts_that_have_no_halves_change_nothing(words):
    dense = np.zeros((1_000, 50), dtype=np.float32)
    dense[np.arange(1_000), np.arange(1_000) % 50] = words
    table = np.random.default_rng(0).normal(size=(50, 8)).astype(np.float32)
    bags = sparse.csr_array(dense)
    refined = refine(bags, table, (np.eye(8, dtype=np.float32), np.zeros(8, np.float32)), np.arange(1_000) % 5, 0)
    np.testing.assert_array_equal(refined.token_vectors, table)
    assert np.isfinite(refined.centres).all()
    assert np.isfinite(refined.offsets).all()
