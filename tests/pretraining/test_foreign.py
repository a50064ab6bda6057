"""Checkpoints of RoBERTa's, GPT-2's and XLM-R's kind: their words are words, and they read no more than they can."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from foreign import checkpoint

from textssl.language.word_pieces import word_pieces
from textssl.pretraining.facts import language_model_notes
from textssl.pretraining.filling import fill
from textssl.pretraining.pretraining import load_language_model, pretrain
from textssl.pretraining.settings import PretrainingSettings

KINDS = {"roberta": "mlm", "gpt2": "clm", "xlm-roberta": "mlm"}
LINES = [
    f"the {who} likes {what}, the {who} eats {what}" for who in ("fox", "dog", "heron") for what in ("figs", "jam")
]
LEARN = PretrainingSettings(tokens=12_000, batch_tokens=256, learning_rate=0.003, table_learning_rate=0.01)


@pytest.fixture(scope="module", params=KINDS)
def learned(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp("foreign")
    start = str(checkpoint(request.param, LINES, folder / request.param))
    return pretrain(LINES, folder / "lm", replace(LEARN, checkpoint=start, objective=KINDS[request.param]))


def test_fill_answers_with_words(learned):
    words = [prediction.word for prediction in fill(learned, "the fox eats ____", top=3)]
    assert set(words) & {"figs", "jam"}, words
    assert all(len(word) > 1 for word in words[:2]), words


def test_a_blank_at_the_start_and_one_before_a_sign(learned):
    first = fill(learned, "____ fox likes figs" if learned.facts.objective == "mlm" else "", top=1)
    assert first[0].word == "the"
    if learned.facts.objective == "mlm":
        assert fill(learned, "the fox likes ____, the fox eats figs", top=1)[0].word in {"figs", "jam"}


def test_words_are_counted_whole(learned):
    ids = np.array(learned.tokenizer(LINES[0], add_special_tokens=False)["input_ids"])
    inner = word_pieces(learned.tokenizer.backend_tokenizer).inner(ids)
    assert np.count_nonzero(~inner) == len([*LINES[0].split(), ","])


def test_a_long_text_leaves_room_for_the_word(learned):
    text = "the fox likes figs, " * 60
    asked = text + "the fox eats ____" + (f" figs, {text}" if learned.facts.objective == "mlm" else "")
    assert fill(learned, asked, top=1)[0].word


@pytest.mark.parametrize("asked", [256, 40])
@pytest.mark.parametrize(("kind", "reads"), [("roberta", 64), ("gpt2", 66), ("xlm-roberta", 64)])
def test_no_more_is_read_than_there_are_positions_for(kind, reads, asked, tmp_path):
    start = checkpoint(kind, LINES, tmp_path / kind)
    settings = PretrainingSettings(checkpoint=str(start), objective=KINDS[kind], tokens=300, max_length=asked)
    made = pretrain([" ".join(LINES * 5), *LINES], tmp_path / "lm", settings)
    notes = [f"the model reads at most {reads} tokens at once: pretraining.max_length is {reads}, not {asked}"]
    assert language_model_notes(tmp_path / "lm") == made.facts.notes == (notes if asked > reads else [])
    assert load_language_model(tmp_path / "lm").facts == made.facts


def test_a_batch_of_unknown_words_teaches_nothing_and_breaks_nothing(tmp_path):
    unknown = ["☃ ☄", "☂ ☁"] * 60  # of signs that the checkpoint has no token for
    start = checkpoint("xlm-roberta", LINES, tmp_path / "start")
    settings = PretrainingSettings(checkpoint=str(start), tokens=300, held_out=0.2)
    made = pretrain([f"{text} {row}" for row, text in enumerate(unknown)], tmp_path / "lm", settings)
    assert all(torch.isfinite(weights).all() for weights in made.model.parameters())
    text = (tmp_path / "lm" / "textssl.json").read_text()
    assert "NaN" not in text
    assert load_language_model(tmp_path / "lm").facts.objective == "mlm"
