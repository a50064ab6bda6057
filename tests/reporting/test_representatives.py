import numpy as np

from textssl.reporting.representatives import representatives


def test_representatives_are_nearest_the_mean_direction():
    embeddings = np.array([[1, 0], [10, 1], [0, 1], [1, 1], [0, -1]], np.float32)
    labels = np.array([0, 0, 1, 0, -1])
    found = representatives(embeddings, labels, top=2)
    assert sorted(found) == [0, 1]
    assert found[0].tolist() == [1, 0]
    assert found[1].tolist() == [2]
    assert representatives(embeddings, labels, rows=np.array([0, 3]))[0].tolist() == [0, 3]


def test_representatives_of_equal_or_zero_vectors_are_the_first():
    assert representatives(np.zeros((4, 2), np.float32), np.zeros(4, int), top=2)[0].tolist() == [0, 1]


def test_representatives_across_batches(tmp_path):
    labels = np.arange(20_000) % 3
    embeddings = (np.eye(8)[labels] + 0.05 * np.random.default_rng(0).normal(size=(20_000, 8))).astype(np.float32)
    np.save(tmp_path / "a.npy", embeddings)
    mapped = representatives(np.load(tmp_path / "a.npy", mmap_mode="r"), labels, top=3)
    unit = embeddings / np.linalg.norm(embeddings, axis=1, keepdims=True)
    for label, rows in mapped.items():
        members = np.flatnonzero(labels == label)
        expected = members[np.argsort(-unit[members] @ unit[members].mean(axis=0))[:3]]
        assert rows.tolist() == expected.tolist()
