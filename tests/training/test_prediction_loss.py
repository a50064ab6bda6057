import numpy as np
import pytest
import torch
from transformers import AutoModelForMaskedLM

from textssl.pretraining.backbones import new_backbone
from textssl.pretraining.objectives.registry import OBJECTIVES
from textssl.pretraining.objectives.vocabulary import vocabulary_of
from textssl.training.prediction_loss import prediction_loss


@pytest.fixture(params=["mlm", "clm"])
def model_and_batch(request, tokenizer):
    """A model with weights that differ, and a batch with padding."""
    torch.manual_seed(0)
    model = new_backbone(request.param, "tiny", tokenizer, 16)
    ids = torch.randint(5, len(tokenizer), (4, 9))
    mask = (torch.arange(9) < torch.tensor([[9], [7], [9], [4]])).long()
    vocabulary, rng = vocabulary_of(tokenizer, ids.flatten().numpy()), np.random.default_rng(0)
    return model, OBJECTIVES[request.param].corrupt(ids, mask, vocabulary, 0.5, rng)


def slopes(model, value):
    model.zero_grad()
    value.backward()
    return {name: parameter.grad.clone() for name, parameter in model.named_parameters()}


@pytest.mark.parametrize("chunk_size", [3, 512])
def test_the_loss_and_its_gradients_are_those_of_transformers(chunk_size, model_and_batch):
    model, batch = model_and_batch
    ours, theirs = prediction_loss(model, batch, chunk_size), model(**batch).loss
    assert ours.item() == pytest.approx(theirs.item(), rel=1e-5)
    expected = slopes(model, theirs)
    found = slopes(model, prediction_loss(model, batch, chunk_size))
    for name in expected:
        torch.testing.assert_close(found[name], expected[name], rtol=1e-4, atol=1e-6)


def test_half_precision_comes_near(model_and_batch):
    model, batch = model_and_batch
    whole = prediction_loss(model, batch).item()
    with torch.autocast("cpu", torch.bfloat16):
        half = prediction_loss(model, batch)
    assert half.dtype == torch.float32
    assert half.item() == pytest.approx(whole, rel=0.01)


def test_a_foreign_model_keeps_its_own_loss(bert):
    model = AutoModelForMaskedLM.from_pretrained(bert).eval()
    batch = {"input_ids": torch.tensor([[2, 6, 7, 3]]), "labels": torch.tensor([[-100, 6, -100, -100]])}
    assert prediction_loss(model, batch).item() == model(**batch).loss.item()


def test_a_sample_that_holds_all_tokens_is_the_whole(model_and_batch):
    model, batch = model_and_batch
    whole = prediction_loss(model, batch)
    expected = slopes(model, whole)
    sampled = prediction_loss(model.train(), batch, sample_above=0)
    assert sampled.item() == pytest.approx(whole.item(), rel=1e-5)
    found = slopes(model, sampled)
    for name in expected:
        torch.testing.assert_close(found[name], expected[name], rtol=1e-4, atol=1e-6)


def test_a_sample_stands_for_all_tokens(model_and_batch):
    model, batch = model_and_batch
    batch["labels"] = torch.full_like(batch["labels"], -100)
    batch["labels"][0, 5] = batch["input_ids"][0, 5] = 7  # one, so that the sum which is estimated shows in the loss
    torch.nn.init.normal_(model.decoder.bias)
    sample = {"sample_above": 0, "n_negatives": len(model.decoder.bias) // 4}
    whole = prediction_loss(model.eval(), batch).exp()
    model.train()
    with torch.no_grad():
        drawn = torch.stack([prediction_loss(model, batch, **sample).exp() for _ in range(300)])
    assert drawn.std() > 0.01 * whole
    assert drawn.mean().item() == pytest.approx(whole.item(), rel=0.05)
