import numpy as np

from textssl.density.novelty import fit_novelty


def test_texts_without_words_are_scored_by_their_vectors():
    random = np.random.default_rng(0)
    vectors = random.normal(size=(40, 4)) * 0.1 + np.eye(4)[0]
    vectors[-1] = np.eye(4)[3]
    texts = [f"word{number} common" for number in range(20)] + ["🦊" * number for number in range(1, 21)]
    model = fit_novelty(vectors, texts)
    scores = model.score_samples(vectors, texts)
    assert np.isfinite(scores).all()
    assert scores[20:].argmin() == 19
    assert list(fit_novelty(vectors, ["🦊" * number for number in range(1, 41)]).detectors) == ["neighbours"]
