import numpy as np
import pytest

from textssl.clustering.clustering import cluster
from textssl.clustering.n_clusters import choose_n_clusters
from textssl.clustering.settings import ClusteringSettings


@pytest.mark.parametrize("k", [2, 4, 10])
def test_finds_the_number_of_clear_groups(k, make_groups):
    vectors, _ = make_groups([400 // k] * k)
    choice = choose_n_clusters(vectors, 500, seed=0)
    near = {c.clusters for c in choice.candidates}
    assert choice.clusters == min(near, key=lambda tried: abs(tried - k))
    assert f"{choice.clusters} clusters chosen from" in choice.note
    assert "; sure: two halves of the texts agree to" in choice.note


def test_the_table_is_ranked_and_bounded(make_groups):
    vectors, _ = make_groups([100] * 5, spread=0.2)
    found = cluster(vectors, ClusteringSettings(max_clusters=9))
    least = 0.9 * max(c.gap for c in found.choice)
    near, rest = ([c for c in found.choice if (c.gap >= least) == wide] for wide in (True, False))
    assert [*near, *rest] == list(found.choice)
    assert near == sorted(near, key=lambda c: c.stability, reverse=True)
    assert rest == sorted(rest, key=lambda c: c.gap, reverse=True)
    assert {c.stability for c in rest} == {None}
    assert found.choice[0].clusters == found.labels.max() + 1
    assert {c.clusters for c in found.choice} == {2, 3, 4, 5, 6, 7, 8, 9}


def test_linked_kmeans_is_tried_for_groups_of_uneven_size(make_groups):
    vectors, _ = make_groups([400, 200, 100, 50] + [10] * 16, spread=0.1)
    notes = {linked: choose_n_clusters(vectors, 500, seed=0, linked=linked).note for linked in (True, False)}
    assert "(linked k-means on 910 distinct texts" in notes[True]
    assert "(k-means on 910 distinct texts" in notes[False]


def test_no_structure_is_called_unsure():
    vectors = np.random.default_rng(0).normal(size=(300, 64))
    assert "; unsure: two halves" in choose_n_clusters(vectors, 500, seed=0).note


def test_few_rows_are_called_unsure(make_groups):
    choice = choose_n_clusters(make_groups([6, 6])[0], 500, seed=0)
    assert choice.clusters == 2
    assert choice.candidates[0].stability is None
    assert "k-means on 12 distinct texts, gap and stability); unsure: too few to test stability" in choice.note


def test_one_seed_gives_the_same_table(make_groups):
    vectors, _ = make_groups([50, 40, 30], spread=0.2)
    assert choose_n_clusters(vectors, 20, seed=5) == choose_n_clusters(vectors, 20, seed=5)


def test_hdbscan_takes_what_density_shows(make_groups):
    vectors, _ = make_groups([60, 50, 40])
    found = cluster(vectors, ClusteringSettings("hdbscan"))
    assert found.choice == ()
    assert found.labels.max() == 2


def test_the_sample_and_the_candidates_are_bounded(make_groups):
    vectors, _ = make_groups([60, 50, 40], spread=0.2)
    choice = choose_n_clusters(vectors, 500, seed=0, max_samples=60, max_candidates=3)
    assert sorted(candidate.clusters for candidate in choice.candidates) == [2, 6, 18]
    assert "(k-means on 60 distinct texts" in choice.note


def test_more_starts_and_splits_refine_gap_and_stability(make_groups):
    vectors, _ = make_groups([30] * 8, spread=0.3)
    default, started, split = (
        choose_n_clusters(vectors, 500, seed=0, **more) for more in ({}, {"n_init": 20}, {"n_splits": 20})
    )
    assert sum(c.gap for c in started.candidates) > sum(c.gap for c in default.candidates)
    assert {c.gap for c in split.candidates} == {c.gap for c in default.candidates}
    assert split.candidates[0].stability != default.candidates[0].stability


def test_references_and_halves_may_have_fewer_clusters():
    """Of two points many times over, with one other, references and halves are hardly distinguished."""
    two = np.repeat(np.eye(2), [3, 1], axis=0) + 1e-7 * np.arange(4)[:, None]
    assert cluster(two).labels.tolist() in ([0, 0, 0, 1], [1, 1, 1, 0], [0] * 4)
    many = np.vstack([np.eye(60)[:1] + 1e-7 * np.arange(59)[:, None], np.eye(60)[1:2]])
    assert set(cluster(many, ClusteringSettings("kmeans")).labels.tolist()) <= {0, 1}
