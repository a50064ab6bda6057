"""What is said of a folder that is no checkpoint to start from, before anything heavy is loaded."""

import json
import shutil
import subprocess
import sys

import pytest

from textssl.errors import DataError, UsageError
from textssl.pretraining.backbones import load_backbone
from textssl.pretraining.checkpoints import check_checkpoint


@pytest.fixture
def folder(bert, tmp_path):
    return shutil.copytree(bert, tmp_path / "out")


def refused(folder, match, objective="mlm"):
    for check in (check_checkpoint, load_backbone):
        with pytest.raises(DataError, match=match) as caught:
            check(folder, objective)
        assert "\n" not in str(caught.value)


def configured(folder, **config):
    (folder / "config.json").write_text(json.dumps(config))


def test_a_whole_checkpoint_passes(bert):
    for objective in ("mlm", "clm"):
        check_checkpoint(bert, objective)


def test_the_last_checkpoint_of_a_trainer_is_named(folder, tmp_path):
    for step in (500, 1000, 90):
        shutil.copytree(folder, tmp_path / "trained" / f"checkpoint-{step}")
    refused(tmp_path / "trained", r"there is a checkpoint in .*trained/checkpoint-1000: give that folder")


def test_the_transformer_of_an_older_sentence_transformer_is_named(folder, tmp_path):
    shutil.copytree(folder, tmp_path / "st" / "0_Transformer")
    (tmp_path / "st" / "1_Pooling").mkdir()
    (tmp_path / "st" / "1_Pooling" / "config.json").write_text('{"pooling_mode": "mean"}')
    (tmp_path / "st" / "modules.json").write_text("[]")
    refused(tmp_path / "st", r"there is a checkpoint in .*st/0_Transformer: give that folder")
    shutil.rmtree(tmp_path / "st" / "0_Transformer")
    refused(tmp_path / "st", "it is a SentenceTransformer without a transformer: give it as --encoder")


def test_parts_that_are_missing(folder):
    (folder / "model.safetensors").rename(folder / "kept")
    refused(folder, r"out holds no checkpoint that can learn mlm: it has no weights \(\*\.safetensors\)")
    (folder / "kept").rename(folder / "model.safetensors")
    for path in folder.glob("tokenizer*"):
        path.unlink()
    refused(folder, r"out has no tokenizer \(tokenizer\.json\): copy the tokenizer of the model to it")
    (folder / "config.json").write_text("[1")
    refused(folder, r"out holds no checkpoint that can learn mlm: its config\.json is damaged")
    (folder / "config.json").unlink()
    refused(folder, r"out holds no checkpoint that can learn mlm: it has no config\.json")
    (folder / "adapter_config.json").write_text("{}")
    refused(folder, "it is an adapter without its model: merge them first")


@pytest.mark.parametrize(
    ("kind", "made"),
    [
        ("gpt2", "GPT2LMHeadModel"),
        ("llama", "LlamaForCausalLM"),
        ("modernbert-decoder", "ModernBertDecoderForCausalLM"),
    ],
)
def test_a_model_of_the_next_word_needs_its_objective(kind, made, folder):
    configured(folder, model_type=kind, architectures=[made])
    refused(folder, rf"out predicts the next word \({kind}\): add --objective clm")
    check_checkpoint(folder, "clm")


def test_what_only_the_library_knows(folder):
    configured(folder, model_type="modernbert", architectures=["ModernBertForMaskedLM"])
    with pytest.raises(DataError, match=r"out predicts masked words \(modernbert\): add --objective mlm"):
        load_backbone(folder, "clm")
    configured(folder, model_type="gpt2", architectures=None)
    with pytest.raises(DataError, match=r"out predicts the next word \(gpt2\): add --objective clm"):
        load_backbone(folder, "mlm")
    configured(folder, model_type="bert", hidden_size="wide")
    with pytest.raises(DataError, match="out holds no checkpoint that can learn mlm: Validation error for field"):
        load_backbone(folder, "mlm")
    configured(folder, model_type="vit", architectures=["ViTModel"])
    with pytest.raises(DataError, match=r"out holds no language model \(vit\): give one such as BERT or GPT-2"):
        load_backbone(folder, "mlm")


def test_no_folder(tmp_path):
    with pytest.raises(UsageError, match="is not a folder: pass the folder of a checkpoint, or none"):
        check_checkpoint(tmp_path / "nothing", "mlm")


def test_nothing_heavy_is_loaded(bert):
    code = """
import sys
from textssl.pretraining.checkpoints import check_checkpoint
check_checkpoint(sys.argv[1], "mlm")
print({"torch", "transformers", "numpy"} & set(sys.modules))
"""
    done = subprocess.run([sys.executable, "-c", code, str(bert)], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
