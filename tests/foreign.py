"""Tiny checkpoints of other people's kinds, made in the process: their tokenizers mark words each in its own way."""

from pathlib import Path

import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors, trainers
from transformers import (
    GPT2Config,
    GPT2LMHeadModel,
    PreTrainedTokenizerFast,
    RobertaConfig,
    RobertaForMaskedLM,
    XLMRobertaConfig,
    XLMRobertaForMaskedLM,
)

_SPECIAL = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]
_SHAPE = {"hidden_size": 32, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 64}


def byte_level(texts: list[str], size: int) -> Tokenizer:
    """Return the tokenizer of RoBERTa and GPT-2: a word's first piece begins with the space before it."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(
        vocab_size=size, special_tokens=_SPECIAL, initial_alphabet=alphabet, show_progress=False
    )
    tokenizer.train_from_iterator(texts, trainer)
    return tokenizer


def sentence_piece(texts: list[str], size: int) -> Tokenizer:
    """Return the tokenizer of XLM-R: signs belong to the word before them, and a text begins as if after a space."""
    tokenizer = Tokenizer(models.Unigram())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Metaspace()])
    tokenizer.decoder = decoders.Metaspace()
    trainer = trainers.UnigramTrainer(vocab_size=size, special_tokens=_SPECIAL, unk_token="<unk>", show_progress=False)
    tokenizer.train_from_iterator(texts, trainer)
    return tokenizer


def checkpoint(kind: str, texts: list[str], folder: Path, positions: int = 66, size: int = 400) -> Path:
    """Save a tiny model of a kind, "roberta", "gpt2" or "xlm-roberta", and its tokenizer, in its vocabulary's way."""
    torch.manual_seed(0)
    backend = sentence_piece(texts, size) if kind == "xlm-roberta" else byte_level(texts, size)
    names = {"bos_token": "<s>", "eos_token": "</s>", "unk_token": "<unk>"}
    if kind == "gpt2":
        config = GPT2Config(vocab_size=backend.get_vocab_size(), n_embd=32, n_layer=1, n_head=2, n_positions=positions)
        model = GPT2LMHeadModel(config)
    else:
        ends = [("<s>", backend.token_to_id("<s>")), ("</s>", backend.token_to_id("</s>"))]
        backend.post_processor = processors.TemplateProcessing(single="<s> $A </s>", special_tokens=ends)
        names |= {"cls_token": "<s>", "sep_token": "</s>", "pad_token": "<pad>", "mask_token": "<mask>"}
        made, configured = {
            "roberta": (RobertaForMaskedLM, RobertaConfig),
            "xlm-roberta": (XLMRobertaForMaskedLM, XLMRobertaConfig),
        }[kind]
        config = configured(
            vocab_size=backend.get_vocab_size(), max_position_embeddings=positions, pad_token_id=1, **_SHAPE
        )
        model = made(config)
    model.save_pretrained(folder)
    PreTrainedTokenizerFast(tokenizer_object=backend, **names).save_pretrained(folder)
    return folder
