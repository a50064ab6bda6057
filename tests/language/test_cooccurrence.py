import numpy as np
import pytest
from scipy import sparse

from textssl.language.cooccurrence import positive_pmi, token_vectors


def topic_bags(texts=300, vocabulary=20, seed=0):
    """Texts of 5 words, of the first half of the vocabulary or of the second."""
    rng = np.random.default_rng(seed)
    dense = np.zeros((texts, vocabulary), dtype=np.float32)
    for row in range(texts):
        dense[row, rng.choice(vocabulary // 2, 5, replace=False) + (row % 2) * vocabulary // 2] = 1
    return sparse.csr_array(dense)


def test_words_of_a_topic_lie_together():
    vectors = token_vectors(topic_bags(), 2, seed=0)
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    cosines = unit @ unit.T
    assert vectors.dtype == np.float32
    assert cosines[:10, :10].min() > 0.8
    assert cosines[10:, 10:].min() > 0.8
    assert np.abs(cosines[:10, 10:]).max() < 0.3


def test_vectors_are_the_same_each_time_and_never_wider_than_the_words():
    bags = topic_bags()
    np.testing.assert_array_equal(token_vectors(bags, 8, 0), token_vectors(bags, 8, 0))
    assert token_vectors(bags, 500, 0).shape == (20, 19)


def test_words_in_no_text_get_zero():
    bags = sparse.csr_array(np.hstack([topic_bags().toarray(), np.zeros((300, 3))]).astype(np.float32))
    vectors = token_vectors(bags, 4, 0)
    assert vectors.shape == (23, 4)
    assert not vectors[20:].any()
    assert np.abs(vectors[:20]).sum(axis=1).all()


@pytest.mark.parametrize("dense", [np.zeros((3, 4)), np.eye(4), np.ones((1, 4)), np.ones((2, 1))])
def test_words_that_tell_nothing_get_finite_vectors(dense):
    vectors = token_vectors(sparse.csr_array(dense.astype(np.float32)), 2, 0)
    assert len(vectors) == dense.shape[1]
    assert np.isfinite(vectors).all()


def test_information_counts_pairs_by_the_length_of_their_text():
    bags = np.array([[1, 1, 1, 0], [1, 1, 0, 0], [0, 0, 0, 1], [0, 0, 0, 1]], dtype=np.float32)
    together = np.array([[0, 1.5, 0.5, 0], [1.5, 0, 0.5, 0], [0.5, 0.5, 0, 0], [0, 0, 0, 1]])
    marginals = together.sum(axis=1)
    smoothed = marginals**0.75
    with np.errstate(divide="ignore"):
        expected = np.maximum(0, np.log(together * smoothed.sum() / np.outer(marginals, smoothed)))
    whole = positive_pmi(sparse.csr_array(bags)).toarray()
    np.testing.assert_allclose(whole, expected, rtol=1e-6)
    np.testing.assert_array_equal(positive_pmi(sparse.csr_array(bags), block_pairs=8).toarray(), whole)
