from dataclasses import replace

import pytest

from textssl.errors import DataError, UsageError
from textssl.pretraining.filling import fill
from textssl.pretraining.pretraining import pretrain
from textssl.pretraining.settings import PretrainingSettings

_TOKENS = {"mlm": "auto", "clm": 8_000}


@pytest.fixture(scope="module")
def learned(six, tmp_path_factory):
    """Return a function that gives the folder of the language model of the six lines."""
    texts = list(dict.fromkeys(six.read_text(encoding="utf-8").splitlines()))
    root = tmp_path_factory.mktemp("learned")

    def of(objective, seed=0):
        folder = root / f"{objective}{seed}"
        pretrain(texts, folder, PretrainingSettings(objective=objective, tokens=_TOKENS[objective]), seed)
        return folder

    return of


@pytest.mark.parametrize(("objective", "seed"), [("mlm", 0), ("mlm", 1), ("clm", 0), ("clm", 1)])
def test_the_fox_jumps_over_the_lazy(learned, objective, seed):
    folder = learned(objective, seed)
    predictions = fill(folder, "The quick brown fox jumps over the ____", top=3)
    assert predictions[0].word == "lazy"
    assert predictions[0].probability > 0.5
    assert len(predictions) == 3
    probabilities = [prediction.probability for prediction in predictions]
    assert probabilities == sorted(probabilities, reverse=True)
    assert sum(probabilities) <= 1 + 1e-5
    assert fill(folder, "The quick brown dog runs under the ____", top=1)[0].word == "active"


def test_no_blank_asks_for_the_next_word(learned):
    for objective in ("mlm", "clm"):
        folder = learned(objective)
        asked = fill(folder, "The quick brown fox jumps over the", top=2)
        assert [p.word for p in asked] == [p.word for p in fill(folder, "The quick brown fox jumps over the ____", 2)]


@pytest.mark.parametrize("blank", ["__", "________", "[MASK]", "<mask>"])
def test_ways_to_write_a_blank(learned, blank):
    assert fill(learned("mlm"), f"The quick brown {blank} jumps over the lazy", top=1)[0].word == "fox"


def test_a_blank_may_end_with_a_full_stop(learned):
    assert fill(learned("clm"), "The quick brown fox jumps over the ____ .", top=1)[0].word == "lazy"


def test_refusals(learned, tmp_path):
    with pytest.raises(UsageError, match="top must be at least 1, got 0"):
        fill(learned("mlm"), "the ____", top=0)
    with pytest.raises(UsageError, match=r"expected at most one blank \(____\), got 2: keep one of them"):
        fill(learned("mlm"), "the ____ fox ____")
    with pytest.raises(UsageError, match=r"a clm model predicts the next word: put the blank \(____\) at the end"):
        fill(learned("clm"), "the ____ fox")
    with pytest.raises(DataError, match="holds no language model of textssl"):
        fill(tmp_path, "the ____")


ATE = {"zoe": "figs", "max": "jam", "ida": "plum"}


@pytest.fixture(scope="module", params=["mlm", "clm"])
def pieced(request, tmp_path_factory):
    """A language model with so few tokens that longer words stand in pieces."""
    texts = [f"{who} ate {food}" for who, food in ATE.items()] + list(ATE)
    settings = PretrainingSettings(objective=request.param, tokens=16_000, vocabulary=42)
    return pretrain(texts, tmp_path_factory.mktemp("pieced") / "lm", settings)


def test_words_of_several_pieces(pieced):
    assert [len(pieced.tokenizer.tokenize(food)) for food in ATE.values()] == [4, 3, 4]
    for who, food in ATE.items():
        found = fill(pieced, f"{who} ate ____", top=20)
        words = [prediction.word for prediction in found]
        if pieced.facts.objective == "clm":
            assert words[0] == food
        # The masked model seldom sees all pieces of a word hidden at once: it spells other foods, too.
        assert food in words
        assert all(0 <= prediction.probability <= 1 for prediction in found)


def test_no_word_of_the_corpus_has_two_pieces(pieced):
    facts = replace(pieced.facts, pieces_per_word=[0.7, 0.0, 0.3])
    found = fill(replace(pieced, facts=facts), "zoe ate ____", top=50)
    assert found
    assert all(prediction.word for prediction in found)
