import shutil

import pytest
import torch
from transformers import GPT2Config, GPT2LMHeadModel, PreTrainedTokenizerFast

from textssl.errors import DataError, UsageError
from textssl.language.tokenizer import train_tokenizer
from textssl.pretraining.backbones import SIZES, load_backbone, new_backbone, size_for
from textssl.pretraining.objectives.registry import OBJECTIVES
from textssl.pretraining.settings import PretrainingSettings


@pytest.fixture
def broken(bert, tmp_path):
    return shutil.copytree(bert, tmp_path / "broken")


def test_the_presets_are_what_the_settings_offer():
    assert {"auto", *SIZES} == set(PretrainingSettings.__annotations__["size"].__args__)


@pytest.mark.parametrize(("tokens", "size"), [(0, "tiny"), (10**6, "tiny"), (5 * 10**7, "small"), (10**9, "medium")])
def test_size_for(tokens, size):
    assert size_for(tokens) == size


@pytest.mark.parametrize("objective", OBJECTIVES)
@pytest.mark.parametrize("size", SIZES)
def test_every_size_builds_for_every_objective(objective, size, tokenizer):
    with torch.device("meta"):  # shapes without the weights of the larger ones
        model = new_backbone(objective, size, tokenizer, 32)
    shape = SIZES[size]
    assert (model.config.num_hidden_layers, model.config.hidden_size) == (shape.layers, shape.width)
    assert model.get_input_embeddings().weight.shape == (len(tokenizer), shape.width)
    assert model.config.pad_token_id == tokenizer.pad_token_id


@pytest.mark.parametrize("objective", OBJECTIVES)
def test_layers_start_as_the_identity(objective, tokenizer):
    model = new_backbone(objective, "tiny", tokenizer, 32).eval()
    ids = torch.tensor([tokenizer("the lazy dog")["input_ids"]])
    states = model.base_model(input_ids=ids, output_hidden_states=True).hidden_states
    for state in states[1:-1]:
        torch.testing.assert_close(state, states[0])
    # A bag of words: what stands beside a word changes nothing of it, yet.
    other = torch.tensor([tokenizer("quick lazy fox")["input_ids"]])
    assert torch.allclose(model(input_ids=ids).logits[0, 2], model(input_ids=other).logits[0, 2], atol=1e-6)


@pytest.mark.parametrize("objective", OBJECTIVES)
def test_a_new_backbone_comes_back_from_its_folder(objective, tokenizer, tmp_path):
    model = new_backbone(objective, "tiny", tokenizer, 32).eval()
    model.save_pretrained(tmp_path)
    tokenizer.save_pretrained(tmp_path)
    loaded, its_tokenizer = load_backbone(tmp_path, objective)
    ids = torch.tensor([its_tokenizer("the lazy dog")["input_ids"]])
    assert torch.equal(model(input_ids=ids).logits, loaded.eval()(input_ids=ids).logits)


def test_bert_sees_no_later_word_when_it_learns_the_next(bert, tokenizer):
    model = load_backbone(bert, "clm")[0].eval()
    one = torch.tensor([tokenizer("the quick brown fox")["input_ids"]])
    other = torch.tensor([tokenizer("the quick lazy dog")["input_ids"]])
    before, after = model(input_ids=one).logits, model(input_ids=other).logits
    assert torch.allclose(before[:, :3], after[:, :3], atol=1e-6)
    assert not torch.allclose(before[:, 3], after[:, 3], atol=1e-3)


def test_gpt2_has_one_special_token_for_all(tokenizer, tmp_path):
    config = GPT2Config(vocab_size=len(tokenizer), n_embd=16, n_layer=1, n_head=1, n_positions=32)
    GPT2LMHeadModel(config).save_pretrained(tmp_path)
    backend = tokenizer.backend_tokenizer
    PreTrainedTokenizerFast(tokenizer_object=backend, bos_token="[SEP]", eos_token="[SEP]").save_pretrained(tmp_path)
    _, loaded = load_backbone(tmp_path, "clm")
    assert loaded.cls_token == loaded.sep_token == loaded.pad_token == "[SEP]"
    with pytest.raises(DataError, match=r"predicts the next word \(gpt2\): add --objective clm"):
        load_backbone(tmp_path, "mlm")


def test_no_folder(tmp_path):
    (tmp_path / "file").write_text("")
    for path in (tmp_path / "nothing", tmp_path / "file", "bert-base-uncased"):
        with pytest.raises(UsageError, match="is not a folder: pass the folder of a checkpoint, or none"):
            load_backbone(path, "mlm")


def test_an_empty_folder(tmp_path):
    with pytest.raises(DataError, match="holds no checkpoint that can learn mlm: "):
        load_backbone(tmp_path, "mlm")


@pytest.mark.parametrize("name", ["config.json", "tokenizer.json", "model.safetensors"])
def test_a_damaged_file(broken, name):
    (broken / name).write_bytes((broken / name).read_bytes()[:60])
    with pytest.raises(DataError, match=r"broken holds no checkpoint that can learn mlm: \S") as caught:
        load_backbone(broken, "mlm")
    assert "\n" not in str(caught.value)


def test_no_weights(broken):
    (broken / "model.safetensors").unlink()
    with pytest.raises(DataError, match="holds no checkpoint that can learn mlm: "):
        load_backbone(broken, "mlm")


def test_weights_of_another_shape(broken):
    config = (broken / "config.json").read_text()
    (broken / "config.json").write_text(config.replace('"intermediate_size": 64', '"intermediate_size": 48'))
    with pytest.raises(DataError, match="holds no checkpoint that can learn mlm: "):
        load_backbone(broken, "mlm")


def test_no_tokenizer(broken):
    for path in broken.glob("tokenizer*"):
        path.unlink()
    with pytest.raises(DataError, match=r"broken has no tokenizer \(tokenizer\.json\): copy the tokenizer"):
        load_backbone(broken, "mlm")
    (broken / "vocab.json").write_text("{}")
    with pytest.raises(DataError, match=r"broken holds no checkpoint|the tokenizer in .* knows no words: replace it"):
        load_backbone(broken, "mlm")


def test_a_tokenizer_of_another_model(broken):
    other = train_tokenizer([" ".join(f"word{number}" for number in range(400))])
    other.save_pretrained(broken)
    with pytest.raises(DataError, match=rf"the tokenizer in .* has {len(other)} tokens, the model \d+: replace "):
        load_backbone(broken, "mlm")


def test_a_tokenizer_without_a_mask(broken, tokenizer):
    PreTrainedTokenizerFast(
        tokenizer_object=tokenizer.backend_tokenizer, cls_token="[CLS]", sep_token="[SEP]", pad_token="[PAD]"
    ).save_pretrained(broken)
    with pytest.raises(DataError, match=r"the tokenizer in .* has no mask_token: replace"):
        load_backbone(broken, "mlm")


def test_no_fast_tokenizer(broken, monkeypatch):
    from textssl.pretraining import backbones

    monkeypatch.setattr(backbones.AutoTokenizer, "from_pretrained", lambda path: object())
    with pytest.raises(DataError, match=r"has no fast tokenizer \(tokenizer\.json\): convert it with transformers"):
        load_backbone(broken, "mlm")
