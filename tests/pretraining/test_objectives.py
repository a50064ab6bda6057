import numpy as np
import pytest
import torch

from textssl.config import describe
from textssl.pretraining.objectives.registry import OBJECTIVES
from textssl.pretraining.objectives.vocabulary import Vocabulary, vocabulary_of
from textssl.pretraining.settings import PretrainingSettings

PAD, FIRST, LAST, MASK = 1, 2, 3, 4
STOP, PIECES = 5, torch.arange(900, 1000)  # the sign that ends a sentence; pieces of words
BEGINS = (torch.arange(1000) > 4) & ~torch.isin(torch.arange(1000), PIECES)
VOCABULARY = Vocabulary(
    torch.arange(5), MASK, np.where(np.arange(1000) > 4, np.arange(1000), 0), BEGINS, torch.arange(1000) == STOP
)
WORDS = [name for name, objective in OBJECTIVES.items() if not objective.pretext]
CHANGES = [name for name in OBJECTIVES if name not in WORDS]


def batch(texts=200, longest=50, seed=0):
    """Texts of 0 to `longest` - 2 words (numbers from 5 on), padded."""
    rng = np.random.default_rng(seed)
    ids = np.full((texts, longest), PAD)
    for row, length in enumerate(np.append([0, 1], rng.integers(1, longest - 1, texts - 2))):
        ids[row, : length + 2] = [FIRST, *rng.integers(6, 1000, length), LAST]
    return torch.from_numpy(ids), torch.from_numpy((ids != PAD).astype(np.int64))


def corrupted(objective, rate=0.3, seed=0):
    ids, mask = batch()
    made = OBJECTIVES[objective].corrupt(ids, mask, VOCABULARY, rate, np.random.default_rng(seed))
    return ids, mask, made


def test_the_registry_is_what_the_settings_offer():
    for name, objective in OBJECTIVES.items():
        assert PretrainingSettings(name).causal == bool(objective.backbone and objective.backbone.causal)
    assert {leaf.path: leaf.default for leaf in describe(PretrainingSettings)}["objective"] in OBJECTIVES


@pytest.mark.parametrize("objective", WORDS)
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
    made = OBJECTIVES["mlm"].corrupt(ids, torch.ones_like(ids), VOCABULARY, 0.3, np.random.default_rng(0))
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


def asked(text, objective, rate=0.5, seed=0):
    """Corrupt one text of words given as token numbers, 40 times, and return the texts without padding and labels."""
    ids = torch.tensor([[FIRST, *text, LAST, PAD]]).repeat(40, 1)
    mask = (ids != PAD).long()
    made = OBJECTIVES[objective].corrupt(ids, mask, VOCABULARY, rate, np.random.default_rng(seed))
    assert torch.equal(made["attention_mask"], mask)
    assert (made["input_ids"][:, [0, -2, -1]] == ids[:, [0, -2, -1]]).all()
    return made["input_ids"][:, 1:-2].tolist(), made["labels"]


@pytest.mark.parametrize("objective", CHANGES)
def test_contract_of_the_pretext_tasks(objective):
    ids, mask, made = corrupted(objective)
    words = mask.bool() & (ids > 4)
    assert made["labels"].dtype == made["input_ids"].dtype == torch.int64
    assert torch.equal(made["attention_mask"], mask)
    assert torch.equal(made["input_ids"][~words], ids[~words])
    changed = made["input_ids"] != ids
    if made["labels"].ndim == 1:
        several = words.sum(dim=1) > 1
        assert not (made["labels"][~words.any(dim=1)] != -100).any()
        changed, several = changed.any(dim=1), several & (made["labels"] != -100)
        assert several.sum() > 150
    else:
        several = words
        assert torch.equal(made["labels"] != -100, words)
    assert torch.equal(made["labels"][several] == 1, changed[several])
    assert 0 < (made["labels"] == 1).sum() < several.sum()


@pytest.mark.parametrize("rate", [0.05, 0.15, 0.5])
def test_the_share_of_replaced_words(rate):
    labels = torch.cat([corrupted("rtd", rate, seed)[2]["labels"].flatten() for seed in range(5)])
    assert abs((labels == 1).sum() / (labels != -100).sum() - rate) < 0.02


def test_replacements_are_as_frequent_as_in_the_texts_and_of_the_same_kind():
    ids, _, made = corrupted("rtd", 0.99)
    replaced = made["labels"] == 1
    before, after = ids[replaced], made["input_ids"][replaced]
    assert torch.equal(BEGINS[before], BEGINS[after])
    whole = after[BEGINS[after]]
    assert (whole > 450).float().mean() == pytest.approx(0.75, abs=0.05)  # counted as often as their number


def test_moved_words_are_those_of_the_text():
    texts, labels = asked(range(10, 20), "shuffle")
    assert all(sorted(text) == list(range(10, 20)) for text in texts)
    moved = (labels == 1).sum(dim=1)
    assert not (moved == 1).any()  # one word alone has no place to go
    assert abs(moved.float().mean() - 5) < 1
    assert (asked([7], "shuffle")[1] != 1).all()


def test_the_halves_of_a_sentence_are_swapped_at_a_word_and_its_end_stays():
    text = [10, 900, 11, 12, 901, 13, STOP]
    texts, labels = asked(text, "order")
    swapped = {tuple(text) for text, label in zip(texts, labels, strict=True) if label == 1}
    assert swapped == {
        (11, 12, 901, 13, 10, 900, STOP),
        (12, 901, 13, 10, 900, 11, STOP),
        (13, 10, 900, 11, 12, 901, STOP),
    }
    assert 10 < (labels == 1).sum() < 30


def test_several_sentences_are_swapped_whole():
    texts, labels = asked([10, 11, STOP, 12, STOP, STOP, 13, 14, STOP], "order")
    swapped = {tuple(text) for text, label in zip(texts, labels, strict=True) if label == 1}
    assert swapped == {
        (12, STOP, STOP, 13, 14, STOP, 10, 11, STOP),
        (13, 14, STOP, 10, 11, STOP, 12, STOP, STOP),
    }


@pytest.mark.parametrize("text", [[], [10], [10, 900], [10, STOP], [STOP, STOP]])
def test_a_text_of_one_word_has_no_order(text):
    assert (asked(text, "order")[1] == -100).all()


def test_what_is_known_of_the_tokens(tokenizer):
    ids = np.array(tokenizer("the quick quick foxing!")["input_ids"])
    vocabulary = vocabulary_of(tokenizer, ids)
    number = tokenizer.convert_tokens_to_ids
    assert vocabulary.counts[number("quick")] == 2
    assert vocabulary.counts[tokenizer.all_special_ids].sum() == 0
    assert vocabulary.begins[number(["the", "quick"])].all()
    assert not vocabulary.begins[tokenizer.all_special_ids].any()
    assert not vocabulary.begins[[number(token) for token in tokenizer.get_vocab() if token.startswith("##")]].any()
    assert vocabulary.ends.tolist() == [
        token in {".", "!", "?"} for token in tokenizer.convert_ids_to_tokens(range(len(tokenizer)))
    ]
