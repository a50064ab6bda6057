"""Backbones: ModernBERT (Warner et al. 2024) for masked words, and its decoder for the next word."""

from pathlib import Path
from pkgutil import resolve_name
from typing import NamedTuple

import numpy as np
import torch
from huggingface_hub.errors import StrictDataclassError  # a value of another type in a configuration
from safetensors import SafetensorError
from transformers import AutoConfig, AutoTokenizer, PreTrainedConfig, PreTrainedModel, PreTrainedTokenizerFast

from textssl.errors import DataError
from textssl.pretraining.checkpoints import check_checkpoint
from textssl.pretraining.objectives.registry import OBJECTIVES, Backbone, backbone_of, with_backbone
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


def size_for(corpus_tokens: int) -> str:
    """Return the preset for a corpus of this many tokens; a model too large for its corpus would memorise it."""
    return "tiny" if corpus_tokens < 20_000_000 else "small" if corpus_tokens < 200_000_000 else "medium"


def new_backbone(objective: str, size: str, tokenizer: PreTrainedTokenizerFast, max_length: int) -> PreTrainedModel:
    """Return a language model with random weights whose layers start as the identity.

    The output matrices of attention and MLP are zero, so that training starts from a bag of words and adds context.
    From the usual initialisation, a small corpus does not suffice to learn context.

    Args:
        objective: the names of one or several training objectives, which decide on the kind of model.
        size: a preset of `SIZES`.
        tokenizer: its vocabulary and special tokens are those of the model.
        max_length: the most tokens that the model can read at once.
    """
    backbone, shape = backbone_of(objective), SIZES[size]
    config = resolve_name(f"transformers:{backbone.config}")(
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
        tie_word_embeddings=False,
    )
    # On a CPU, the backward pass of fused attention is slower than plain matrix products for short texts.
    attention = "sdpa" if torch.cuda.is_available() else "eager"
    model = resolve_name(f"transformers:{backbone.auto_model}").from_config(config, attn_implementation=attention)
    for name, parameter in model.named_parameters():
        if name.endswith("Wo.weight"):
            torch.nn.init.zeros_(parameter)
    return model


@torch.no_grad()
def begin_at_frequencies(model: PreTrainedModel, counts: np.ndarray) -> None:
    """Set the output bias of a new model to the log frequencies of the tokens, so that only context is left to learn.

    Args:
        model: from `new_backbone`; changed in place.
        counts: how often each token is a label, int64 (vocabulary,).
    """
    model.get_output_embeddings().bias.copy_(torch.from_numpy(counts + 1).log())


@without_library_bars()
def load_backbone(folder: str | Path, objective: str) -> tuple[PreTrainedModel, PreTrainedTokenizerFast]:
    """Load a checkpoint for a training objective.

    Args:
        folder: of a run's language model, any transformers language model, or a SentenceTransformer.
        objective: the names of one or several training objectives, separated by commas.

    Returns:
        The model in float32, and its tokenizer.

    Raises:
        UsageError: if the folder or the objective does not exist.
        DataError: if the folder holds no checkpoint, or one of a model that cannot learn the objective.
    """
    path, backbone = language_model_folder(folder), backbone_of(objective)
    check_checkpoint(path, objective)
    try:
        config = AutoConfig.from_pretrained(path)
        _require(folder, config, objective)
        tokenizer = load_tokenizer(path)
        if backbone.causal and hasattr(config, "is_decoder"):
            config.is_decoder = True  # or BERT would see the words that it has to predict
        auto_model = resolve_name(f"transformers:{backbone.auto_model}")
        model = auto_model.from_pretrained(path, config=config, dtype=torch.float32)
    except (OSError, ValueError, KeyError, RuntimeError, SafetensorError, StrictDataclassError) as error:
        reason = str(error).strip().splitlines()[0]
        raise DataError(f"{folder} holds no checkpoint that can learn {objective}: {reason}") from None
    reason = _unsuitable(tokenizer, model.get_input_embeddings().weight.shape[0], backbone)
    if reason:
        raise DataError(f"the tokenizer in {folder} {reason}: replace it with the tokenizer of the model")
    return model, tokenizer


def load_tokenizer(folder: str | Path) -> PreTrainedTokenizerFast:
    """Load the tokenizer of a checkpoint; other special tokens replace missing ones that open, close or pad a text.

    Raises:
        DataError: if it is not a fast tokenizer.
    """
    tokenizer = AutoTokenizer.from_pretrained(language_model_folder(folder))
    if not isinstance(tokenizer, PreTrainedTokenizerFast):
        raise DataError(f"{folder} has no fast tokenizer (tokenizer.json): convert it with transformers first")
    for token, substitute in (("cls_token", "bos_token"), ("sep_token", "eos_token"), ("pad_token", "eos_token")):
        if getattr(tokenizer, token) is None:  # as in GPT-2
            setattr(tokenizer, token, getattr(tokenizer, substitute))
    return tokenizer


def _require(folder: str | Path, config: PreTrainedConfig, objective: str) -> None:
    """Raise DataError unless transformers has a model of this configuration that can learn the objective."""
    kinds = dict.fromkeys(entry.backbone for entry in OBJECTIVES.values() if entry.backbone)
    able = [kind for kind in kinds if type(config) in resolve_name(f"transformers:{kind.mapping}")]
    if backbone_of(objective) in able:
        return
    if not able:
        raise DataError(f"{folder} holds no language model ({config.model_type}): give one such as BERT or GPT-2")
    wanted = with_backbone(objective, able[0].causal)
    raise DataError(f"{folder} predicts {able[0].predicts} ({config.model_type}): add --objective {wanted}")


def _unsuitable(tokenizer: PreTrainedTokenizerFast, rows: int, backbone: Backbone) -> str:
    """Return why the tokenizer does not fit a model with `rows` token vectors; empty if it does."""
    if len(tokenizer) <= len(tokenizer.all_special_ids):
        return "knows no words"  # transformers creates an empty one where there is none
    if len(tokenizer) > rows:
        return f"has {len(tokenizer)} tokens, the model {rows}"
    needed = ["cls_token", "sep_token", "pad_token"] + ([] if backbone.causal else ["mask_token"])
    return "".join(f"has no {token}" for token in needed if getattr(tokenizer, token) is None)
