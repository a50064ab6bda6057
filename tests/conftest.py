"""What the tests of several stages share: a few texts, quick settings, a finished run, a small tokenizer."""

from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def six() -> Path:
    """The six lines: foxes are 1, 2, 5 and 6, dogs 3 and 4."""
    return Path(__file__).parents[1] / "corpora" / "fox_dog" / "six.txt"


@pytest.fixture(scope="session")
def quick() -> list[str]:
    """Arguments that make a run short: enough for it to be whole, far too little to learn from."""
    return ["--set", "pretraining.tokens=500", "--set", "reduction.method=pca", "--set", "reporting.map_points=0"]


@pytest.fixture(scope="session")
def finished(six, quick, tmp_path_factory) -> Path:
    """The folder of a finished run on the six lines, in two groups; not to be changed."""
    from textssl.cli import main

    out = tmp_path_factory.mktemp("finished") / "run"
    assert main(["run", str(six), "--out", str(out), "--clusters", "2", *quick]) == 0
    return out


@pytest.fixture(scope="session")
def tokenizer():
    """Return a tokenizer of a few English words; some words of it stand in pieces."""
    from textssl.language.tokenizer import train_tokenizer

    return train_tokenizer(["the quick brown fox jumps over the lazy dog", "a slow dog sleeps under the old tree"])


@pytest.fixture(scope="session")
def bert(tokenizer, tmp_path_factory):
    """Return the folder of a tiny BERT checkpoint, as transformers saves it."""
    from transformers import BertConfig, BertForMaskedLM, set_seed

    set_seed(0)
    shape = {"hidden_size": 32, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 64}
    config = BertConfig(
        vocab_size=len(tokenizer), max_position_embeddings=40, pad_token_id=tokenizer.pad_token_id, **shape
    )
    folder = tmp_path_factory.mktemp("checkpoints") / "bert"
    BertForMaskedLM(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder
