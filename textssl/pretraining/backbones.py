"""Backbones: ModernBERT (Warner et al. 2024) for masked words, its decoder twin for the next word."""

from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from huggingface_hub.errors import StrictDataclassError  # a value of another type in a configuration
from safetensors import SafetensorError
from transformers import (
    MODEL_FOR_CAUSAL_LM_MAPPING,
    MODEL_FOR_MASKED_LM_MAPPING,
    AutoConfig,
    AutoModelForCausalLM,
    AutoModelForMaskedLM,
    AutoTokenizer,
    ModernBertConfig,
    ModernBertDecoderConfig,
    PreTrainedConfig,
    PreTrainedModel,
    PreTrainedTokenizerFast,
)

from textssl.errors import DataError
from textssl.pretraining.checkpoints import check_checkpoint
from textssl.progress import without_library_bars
from textssl.run_folder import language_model_folder


class Size(NamedTuple):
    """Shape of a backbone."""

    layers: int
    width: int
    heads: int
    inner: int


SIZES = {
    "tiny": Size(2, 128, 4, 256),
    "small": Size(4, 256, 4, 512),
    "medium": Size(8, 512, 8, 1024),
    "base": Size(12, 768, 12, 1536),
}
_AUTO = {"mlm": AutoModelForMaskedLM, "clm": AutoModelForCausalLM}
_MAPPINGS = {"mlm": MODEL_FOR_MASKED_LM_MAPPING, "clm": MODEL_FOR_CAUSAL_LM_MAPPING}
_CONFIGS = {"mlm": ModernBertConfig, "clm": ModernBertDecoderConfig}


def size_for(corpus_tokens: int) -> str:
    """Return the preset that fits a corpus: more weights than text would only be learned by heart."""
    return "tiny" if corpus_tokens < 20_000_000 else "small" if corpus_tokens < 200_000_000 else "medium"


def new_backbone(objective: str, size: str, tokenizer: PreTrainedTokenizerFast, max_length: int) -> PreTrainedModel:
    """Return a language model with random weights whose layers start as the identity.

    The outputs of attention and MLP are zero at first, so the model starts as a bag of words and learns context from
    there; from the usual start a small corpus does not get that far.
    """
    shape = SIZES[size]
    config = _CONFIGS[objective](
        vocab_size=len(tokenizer),
        num_hidden_layers=shape.layers,
        hidden_size=shape.width,
        num_attention_heads=shape.heads,
        intermediate_size=shape.inner,
        max_position_embeddings=max_length,
        pad_token_id=tokenizer.pad_token_id,
        bos_token_id=tokenizer.cls_token_id,
        eos_token_id=tokenizer.sep_token_id,
        cls_token_id=tokenizer.cls_token_id,
        sep_token_id=tokenizer.sep_token_id,
        tie_word_embeddings=True,
    )
    # On a processor, the backward pass of fused attention takes longer than plain products on short texts.
    attention = "sdpa" if torch.cuda.is_available() else "eager"
    model = _AUTO[objective].from_config(config, attn_implementation=attention)
    for name, parameter in model.named_parameters():
        if name.endswith("Wo.weight"):
            torch.nn.init.zeros_(parameter)
    return model


@torch.no_grad()
def begin_at_frequencies(model: PreTrainedModel, counts: np.ndarray) -> None:
    """Let a model of `new_backbone` predict every token as often as it was counted: only context is left to learn.

    Args:
        model: changed in place.
        counts: how often each token is to be predicted, int64 (vocabulary,).
    """
    model.get_output_embeddings().bias.copy_(torch.from_numpy(counts + 1).log())


@without_library_bars()
def load_backbone(folder: str | Path, objective: str) -> tuple[PreTrainedModel, PreTrainedTokenizerFast]:
    """Load a checkpoint folder (a run's language model, any AutoModel, a SentenceTransformer) for an objective.

    Raises:
        UsageError: if there is no such folder.
        DataError: if it holds no checkpoint, or one of a model that cannot learn the objective.
    """
    path = language_model_folder(folder)
    check_checkpoint(path, objective)
    try:
        config = AutoConfig.from_pretrained(path)
        _require(folder, config, objective)
        tokenizer = load_tokenizer(path)
        if objective == "clm" and hasattr(config, "is_decoder"):
            config.is_decoder = True  # or BERT would see the words that it is to predict
        model = _AUTO[objective].from_pretrained(path, config=config, dtype=torch.float32)
    except (OSError, ValueError, KeyError, RuntimeError, SafetensorError, StrictDataclassError) as error:
        reason = str(error).strip().splitlines()[0]
        raise DataError(f"{folder} holds no checkpoint that can learn {objective}: {reason}") from None
    unfit = _unfit(tokenizer, model.get_input_embeddings().weight.shape[0], objective)
    if unfit:
        raise DataError(f"the tokenizer in {folder} {unfit}: put the tokenizer there that the model was trained with")
    return model, tokenizer


def load_tokenizer(folder: str | Path) -> PreTrainedTokenizerFast:
    """Load the tokenizer of a checkpoint; where it has no token to open, close or pad a text, another stands in.

    Raises:
        DataError: if it is not a fast tokenizer.
    """
    tokenizer = AutoTokenizer.from_pretrained(language_model_folder(folder))
    if not isinstance(tokenizer, PreTrainedTokenizerFast):
        raise DataError(f"{folder} has no fast tokenizer (tokenizer.json): convert it with transformers first")
    for token, stand_in in (("cls_token", "bos_token"), ("sep_token", "eos_token"), ("pad_token", "eos_token")):
        if getattr(tokenizer, token) is None:  # as in GPT-2
            setattr(tokenizer, token, getattr(tokenizer, stand_in))
    return tokenizer


def _require(folder: str | Path, config: PreTrainedConfig, objective: str) -> None:
    """Raise DataError unless there are models of a configuration's kind that learn the objective."""
    able = [name for name, models in _MAPPINGS.items() if type(config) in models]
    if objective in able:
        return
    if not able:
        raise DataError(f"{folder} holds no language model ({config.model_type}): give one such as BERT or GPT-2")
    learns = {"mlm": "masked words", "clm": "the next word"}[able[0]]
    raise DataError(f"{folder} predicts {learns} ({config.model_type}): add --objective {able[0]}")


def _unfit(tokenizer: PreTrainedTokenizerFast, rows: int, objective: str) -> str:
    """Return why the tokenizer cannot serve a model with `rows` token vectors; empty if it can."""
    if len(tokenizer) <= len(tokenizer.all_special_ids):
        return "knows no words"  # transformers makes such a one up where there is none
    if len(tokenizer) > rows:
        return f"has {len(tokenizer)} tokens, the model {rows}"
    needed = ["cls_token", "sep_token", "pad_token"] + (["mask_token"] if objective == "mlm" else [])
    return "".join(f"has no {token}" for token in needed if getattr(tokenizer, token) is None)
