import json
import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from interrupting import cut_off_at
from safetensors.torch import load_file
from sentence_transformers import SentenceTransformer
from sentence_transformers.base.modules import Transformer
from sentence_transformers.sentence_transformer.modules import Pooling
from transformers import AutoModelForMaskedLM, AutoTokenizer

from textssl.errors import DataError, UsageError
from textssl.pretraining import pretraining
from textssl.pretraining.facts import load_facts
from textssl.pretraining.objectives.registry import OBJECTIVES
from textssl.pretraining.pretraining import load_language_model, pretrain
from textssl.pretraining.settings import PretrainingSettings

SHORT = PretrainingSettings(tokens=10_000, held_out=0.1, batch_tokens=256)


def weights(folder):
    return load_file(folder / "model.safetensors")


def same(one, other):
    return one.keys() == other.keys() and all(torch.equal(one[name], other[name]) for name in one)


@pytest.fixture(scope="module")
def learned(texts, tmp_path_factory):
    folder = tmp_path_factory.mktemp("learned") / "language_model"
    return folder, pretrain(texts, folder, SHORT)


def test_the_facts(learned, texts):
    folder, made = learned
    facts = made.facts
    assert load_facts(folder) == json.loads(json.dumps(facts.__dict__))
    assert load_language_model(folder).facts == facts
    assert facts.objective == "mlm"
    assert facts.held_out_texts == 15
    assert facts.parameters == sum(p.numel() for p in made.model.parameters())
    assert facts.vocabulary == len(made.tokenizer)
    assert facts.corpus_tokens == sum(len(text.split()) + 2 for text in texts)
    assert abs(facts.learned_tokens - 10_000) < 1_000
    assert facts.pieces_per_word == [1.0]
    assert facts.perplexity == pytest.approx(math.exp(facts.loss))


def test_it_has_learned(learned):
    facts = learned[1].facts
    assert facts.loss < 0.75 * math.log(facts.vocabulary)


def test_the_folder_loads_with_transformers(learned):
    folder, made = learned
    model, tokenizer = AutoModelForMaskedLM.from_pretrained(folder), AutoTokenizer.from_pretrained(folder)
    ids = torch.tensor([tokenizer("the farmer paints the [MASK]")["input_ids"]])
    assert torch.equal(model.eval()(input_ids=ids).logits, made.model(input_ids=ids).logits)
    assert not list(folder.parent.glob("*.part"))


def test_the_same_seed_gives_the_same_weights(learned, texts, tmp_path):
    pretrain(texts, tmp_path / "again", SHORT)
    pretrain(texts, tmp_path / "other", SHORT, seed=1)
    assert same(weights(learned[0]), weights(tmp_path / "again"))
    assert not same(weights(learned[0]), weights(tmp_path / "other"))


def test_a_training_cut_off_goes_on_to_the_same_weights(learned, texts, tmp_path, monkeypatch):
    settings = replace(SHORT, checkpoint_seconds=0.0)
    with monkeypatch.context() as patch:
        patch.setattr(pretraining, "train", cut_off_at(13, pretraining.train))
        with pytest.raises(KeyboardInterrupt):
            pretrain(texts, tmp_path / "lm", settings)
    left = sorted(path.name for path in tmp_path.iterdir())
    assert left == sorted(path.name for path in tmp_path.glob("lm.*.checkpoint"))
    assert len(left) == 2  # the last state and the best
    resumed = pretrain(texts, tmp_path / "lm", settings)
    assert same(weights(learned[0]), weights(tmp_path / "lm"))
    assert resumed.facts == learned[1].facts
    assert [path.name for path in tmp_path.iterdir()] == ["lm"]


def test_a_model_that_learns_its_texts_by_heart_is_kept_as_it_was_before(tmp_path):
    draw = np.random.default_rng(0)
    texts = [" ".join(f"w{number}" for number in draw.integers(0, 60, 6)) for _ in range(150)]  # nothing to learn
    settings = replace(SHORT, objective="clm", tokens=60_000, held_out=0.3, learning_rate=0.02)
    start = pretrain(texts, tmp_path / "start", replace(settings, tokens=1)).facts.loss
    facts = pretrain(texts, tmp_path / "lm", settings).facts
    assert facts.loss < start + 0.1
    assert facts.learned_tokens < 55_000
    assert any("the loss of held-out texts rose afterwards" in note for note in facts.notes)


def test_a_finished_training_is_not_repeated(learned, texts, monkeypatch):
    monkeypatch.setattr(pretraining, "train", None)
    assert pretrain(texts, learned[0], SHORT).facts == learned[1].facts


@pytest.mark.parametrize("objective", ["mlm", "clm"])
def test_bits_per_byte_of_a_model_that_knows_nothing(objective, texts, tmp_path, monkeypatch):
    monkeypatch.setattr(pretraining, "begin_at_frequencies", lambda model, counts: None)
    settings = replace(SHORT, objective=objective, learning_rate=0.0, table_learning_rate=0.0, tokens=1)
    facts = pretrain(texts, tmp_path / "lm", settings).facts
    predicted = facts.corpus_tokens - len(texts)
    bytes_per_token = sum(len(text.encode()) for text in texts) / predicted
    assert facts.loss == pytest.approx(math.log(facts.vocabulary), rel=0.05)
    assert facts.bits_per_byte == pytest.approx(math.log2(facts.vocabulary) / bytes_per_token, rel=0.05)


@pytest.mark.parametrize("objective", ["mlm", "clm"])
def test_a_new_model_expects_what_it_will_be_asked(objective, texts):
    setup = pretraining.prepare(texts, replace(SHORT, objective=objective))
    counts = np.bincount(setup.learned.ids, minlength=len(setup.tokenizer))
    if objective == "mlm":  # which hides words only
        counts[setup.tokenizer.all_special_ids] = 0
    expected = (counts + 1) / (counts + 1).sum()
    found = setup.model.decoder.bias.detach().cpu().softmax(dim=0).numpy()
    np.testing.assert_allclose(found, expected, rtol=1e-5)


def test_the_next_word_is_learned(texts, tmp_path):
    facts = pretrain(texts, tmp_path / "lm", replace(SHORT, objective="clm")).facts
    assert facts.objective == "clm"
    assert facts.loss < 0.5 * math.log(facts.vocabulary)
    assert load_language_model(tmp_path / "lm").model.config.model_type == "modernbert-decoder"


def test_a_corpus_is_packed_for_the_next_word(texts, tmp_path, monkeypatch):
    monkeypatch.setitem(OBJECTIVES, "clm", replace(OBJECTIVES["clm"], pack_above=100))
    settings = replace(SHORT, objective="clm", max_length=8)
    facts = pretrain(texts, tmp_path / "lm", settings).facts
    assert facts.corpus_tokens > 800
    assert facts.held_out_texts == round(0.1 * math.ceil(facts.corpus_tokens / 8))
    assert facts.loss < 0.5 * math.log(facts.vocabulary)


def test_blocks_are_as_long_as_the_texts(texts, monkeypatch):
    monkeypatch.setitem(OBJECTIVES, "clm", replace(OBJECTIVES["clm"], pack_above=100))
    one_long_among_many = [*texts * 5, " ".join(texts)]
    setup = pretraining.prepare(one_long_among_many, replace(SHORT, objective="clm"))
    longest = max(len(text.split()) + 2 for text in texts)
    assert longest <= setup.learned.longest < 1.2 * longest


def test_few_texts_are_all_learned_from(texts, tmp_path):
    facts = pretrain(texts[:99], tmp_path / "lm", replace(SHORT, tokens=500)).facts
    assert facts.held_out_texts == 0
    assert facts.loss > 0


def test_one_text(tmp_path):
    facts = pretrain(["word"], tmp_path / "lm", replace(SHORT, tokens=10)).facts
    assert (facts.corpus_tokens, facts.held_out_texts) == (3, 0)


def test_sequences_longer_than_a_batch(tmp_path):
    settings = replace(SHORT, batch_tokens=8, max_length=200, tokens=2_000)
    texts = [" ".join(["the long way to the old mill"] * 28), "a short way"]
    assert pretrain(texts, tmp_path / "lm", settings).facts.corpus_tokens == 203


def test_a_vocabulary_of_the_wanted_size(texts, tmp_path):
    made = pretrain(texts, tmp_path / "lm", replace(SHORT, vocabulary=56, tokens=500))
    assert made.facts.vocabulary == made.model.config.vocab_size == 56
    assert 0 < made.facts.pieces_per_word[0] < 1
    assert 2 <= len(made.facts.pieces_per_word) <= 4
    assert sum(made.facts.pieces_per_word) <= 1 + 1e-3


def test_a_model_of_our_own_is_continued(learned, texts, tmp_path):
    settings = replace(SHORT, checkpoint=str(learned[0]))
    continued = pretrain(texts, tmp_path / "lm", settings)
    assert continued.tokenizer.get_vocab() == learned[1].tokenizer.get_vocab()
    assert continued.facts.loss < learned[1].facts.loss + 0.05
    assert not same(weights(tmp_path / "lm"), weights(learned[0]))


@pytest.mark.parametrize("objective", ["mlm", "clm"])
def test_a_foreign_checkpoint_is_continued(objective, bert, texts, tmp_path):
    settings = replace(SHORT, checkpoint=str(bert), objective=objective, max_length=256, learning_rate=0.01)
    long = " ".join(["the quick brown fox jumps over the lazy dog"] * 8)  # beyond the 40 places of the checkpoint
    made = pretrain([*texts, long], tmp_path / "lm", replace(settings, table_learning_rate=0.01))
    assert made.model.config.model_type == "bert"
    assert made.facts.corpus_tokens > sum(len(text.split()) for text in texts) + 72
    assert made.facts.loss < math.log(made.facts.vocabulary) - 0.5
    assert load_language_model(tmp_path / "lm").facts == made.facts


def test_a_sentence_transformer_is_continued(bert, texts, tmp_path):
    backbone = Transformer(str(bert))
    encoder = SentenceTransformer(modules=[backbone, Pooling(backbone.get_embedding_dimension(), "mean")])
    encoder.save(str(tmp_path / "encoder"), create_model_card=False)
    settings = replace(
        SHORT, checkpoint=str(tmp_path / "encoder"), tokens=1, learning_rate=0.0, table_learning_rate=0.0
    )
    made = pretrain(texts, tmp_path / "lm", settings)
    table = made.model.get_input_embeddings().weight
    assert torch.equal(table, backbone.auto_model.get_input_embeddings().weight)


def test_nothing_to_learn_from(tmp_path):
    with pytest.raises(DataError, match="no texts to learn from: every row of the corpus is blank"):
        pretrain([], tmp_path / "lm", SHORT)
    with pytest.raises(UsageError, match="is not a folder"):
        pretrain(["a text"], tmp_path / "lm", replace(SHORT, checkpoint=str(tmp_path / "nothing")))
    assert not list(tmp_path.iterdir())


def test_no_language_model(tmp_path):
    for read in (load_facts, load_language_model):
        with pytest.raises(DataError, match="holds no language model of textssl: make one with textssl pretrain"):
            read(tmp_path)
    (tmp_path / "textssl.json").write_text("{")
    with pytest.raises(DataError, match=r"textssl\.json is damaged"):
        load_facts(tmp_path)


def test_a_folder_of_other_texts_or_settings_is_not_passed_off_as_the_answer(learned, texts):
    for asked in [(texts[:-1], SHORT, 0), (texts, replace(SHORT, mask_rate=0.2), 0), (texts, SHORT, 1)]:
        with pytest.raises(UsageError, match="holds a language model of other texts or settings"):
            pretrain(asked[0], learned[0], asked[1], asked[2])
