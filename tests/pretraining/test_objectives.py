import numpy as np
import pytest
import torch

from textssl.config import describe
from textssl.pretraining.objectives.registry import OBJECTIVES
from textssl.pretraining.settings import PretrainingSettings

SPECIAL = torch.tensor([0, 1, 2, 3, 4])
PAD, FIRST, LAST, MASK = 1, 2, 3, 4


def batch(texts=200, longest=50, seed=0):
    """Texts of 0 to `longest` - 2 words (numbers from 5 on), padded."""
    rng = np.random.default_rng(seed)
    ids = np.full((texts, longest), PAD)
    for row, length in enumerate(np.append([0, 1], rng.integers(1, longest - 1, texts - 2))):
        ids[row, : length + 2] = [FIRST, *rng.integers(5, 1000, length), LAST]
    return torch.from_numpy(ids), torch.from_numpy((ids != PAD).astype(np.int64))


def corrupted(objective, rate=0.3, seed=0):
    ids, mask = batch()
    made = OBJECTIVES[objective].corrupt(ids, mask, SPECIAL, MASK, rate, np.random.default_rng(seed))
    return ids, mask, made


def test_the_registry_is_what_the_settings_offer():
    for name, objective in OBJECTIVES.items():
        assert PretrainingSettings(name).causal == objective.backbone.causal
    assert {leaf.path: leaf.default for leaf in describe(PretrainingSettings)}["objective"] in OBJECTIVES


@pytest.mark.parametrize("objective", OBJECTIVES)
def test_contract(objective):
    ids, mask, made = corrupted(objective)
    before = ids.clone()
    assert set(made) == {"input_ids", "attention_mask", "labels"}
    assert all(made[name].shape == ids.shape and made[name].dtype == torch.int64 for name in made)
    assert torch.equal(made["attention_mask"], mask)
    assert (made["labels"][mask == 0] == -100).all()
    asked = made["labels"] != -100
    assert asked.any()
    assert torch.equal(made["labels"][asked], ids[asked])  # what is to be predicted is the text itself
    assert torch.equal(made["input_ids"][~asked], ids[~asked])
    assert torch.equal(ids, before)


@pytest.mark.parametrize("objective", OBJECTIVES)
def test_the_same_chance_gives_the_same_batch(objective):
    one, other = corrupted(objective)[2], corrupted(objective)[2]
    assert all(torch.equal(one[name], other[name]) for name in one)


def test_other_chance_hides_other_words():
    assert not torch.equal(corrupted("mlm", seed=0)[2]["labels"], corrupted("mlm", seed=1)[2]["labels"])


@pytest.mark.parametrize("rate", [0.05, 0.15, 0.3, 0.8])
def test_the_share_of_hidden_words(rate):
    hidden = words = 0
    for seed in range(20):
        ids, _, made = corrupted("mlm", rate, seed)
        long = (ids > 4).sum(dim=1) >= 25  # where the word that is always hidden hardly counts
        hidden += int((made["labels"][long] != -100).sum())
        words += int((ids[long] > 4).sum())
    assert abs(hidden / words - rate) < 4 * (rate * (1 - rate) / words) ** 0.5 + 0.005


def test_each_place_is_as_likely_as_another():
    ids = torch.tensor([[FIRST, *range(5, 25), LAST]]).repeat(2_000, 1)
    made = OBJECTIVES["mlm"].corrupt(ids, torch.ones_like(ids), SPECIAL, MASK, 0.3, np.random.default_rng(0))
    shares = (made["labels"] != -100).float().mean(dim=0)
    assert shares[0] == shares[-1] == 0
    assert (shares[1:-1] - 0.3).abs().max() < 0.05


def test_mlm_hides_words_only_and_one_at_least():
    for seed in range(20):
        ids, mask, made = corrupted("mlm", 0.01, seed)
        hidden = made["labels"] != -100
        words = mask.bool() & (ids > 4)
        assert not (hidden & ~words).any()
        assert (made["input_ids"][hidden] == MASK).all()
        assert torch.equal(hidden.any(dim=1), words.any(dim=1))
        assert not hidden[0].any()  # a text without a word
        assert hidden[1].sum() == 1


def test_clm_asks_for_every_real_token():
    ids, mask, made = corrupted("clm")
    assert torch.equal(made["labels"] != -100, mask.bool())
    assert torch.equal(made["input_ids"], ids)
