import numpy as np
import pytest


@pytest.fixture(scope="session")
def texts():
    """150 distinct sentences of a small grammar."""
    rng = np.random.default_rng(0)
    who = ["farmer", "pilot", "teacher", "sailor", "doctor"]
    does = ["paints", "repairs", "sells", "carries", "cleans"]
    what = ["boat", "house", "engine", "table", "fence", "wagon"]
    every = [f"the {a} {b} the {c} at {d}" for a in who for b in does for c in what for d in ("noon", "night")]
    return sorted(rng.choice(every, 150, replace=False).tolist())


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
