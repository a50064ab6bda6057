"""Row 1: train a language model from nothing with transformers' `Trainer`, as in run_mlm and run_clm, and with textssl.

Both use the same texts, tokenizer, vocabulary, layers, width, heads and inner width. The peer learns from blocks of 256
tokens of the concatenated texts, 8 per batch, the default of the two example scripts; in one case also from single
texts, padded to the longest of the batch (--line_by_line). Its learning rate is 0.001, because the scripts' default of
0.00005 hardly learns in so short a training; textssl uses its own default. 15% of the tokens are masked. Padding does
not count as tokens.

After the same number of tokens both predict the same masked (or next) tokens of the same held-out texts; for clm in the
blocks of 48 tokens that textssl learns from here (the peer's loss is the same to .001 in blocks of 64 and of 256). In
the first ten steps (20,000 tokens) both learn only word frequencies, so a training has at least 100,000 tokens.

FLOP: 6 per matrix weight of the layers and token; 12 x width x length per layer and token for the attention (half, if
causal); 6 x width per score of a token at a predicted position, of which textssl computes fewer.
"""

import gzip
import json
import os
import time
from collections.abc import Callable
from copy import deepcopy
from dataclasses import replace
from functools import partial
from inspect import signature
from itertools import pairwise
from pathlib import Path
from typing import Any

from speed_rows.case import Case, Options

DATA = Path(os.environ.get("TEXTSSL_DATA", Path(__file__).parents[4] / "shared" / "data"))
LENGTH = 256
BLOCKS = 8  # per batch
RATE = 1e-3


def _ours(objective: str, size: str, options: Options) -> dict[str, float]:
    from textssl.training.loop import train

    setup, settings = _setup(objective, size, options)
    warm, plan = deepcopy(setup.task), replace(setup.plan, steps=3)
    seconds = [_seconds(train, *given, 0, "training") for given in ((warm, plan), (setup.task, setup.plan))]
    batches = [setup.task.batch_at(step) for step in range(setup.plan.steps)]
    lengths = [int(length) for batch in batches for length in batch["attention_mask"].sum(dim=1)]
    scores = sum(_scores(batch, len(setup.tokenizer)) for batch in batches)
    return _figures(setup, settings, setup.model, seconds[1], lengths, scores)


def _peer(objective: str, size: str, by_line: bool, options: Options) -> dict[str, float]:
    from transformers import DataCollatorForLanguageModeling, Trainer, TrainingArguments, set_seed

    setup, settings = _setup(objective, size, options)
    set_seed(0)
    model = _peer_model(objective, size, setup.tokenizer)
    learned = setup.learned if by_line else setup.learned.packed(LENGTH)
    rows = [{"input_ids": ids.tolist()} for ids in (learned.ids[a:b] for a, b in pairwise(learned.starts))]
    collator = DataCollatorForLanguageModeling(setup.tokenizer, mlm=objective == "mlm", mlm_probability=0.15)
    steps = max(1, round(int(settings.tokens) / (BLOCKS * learned.lengths.mean())))
    arguments = TrainingArguments(
        output_dir=str(options.work / "trainer"),
        per_device_train_batch_size=BLOCKS,
        max_steps=steps,
        learning_rate=RATE,
        use_cpu=options.device == "cpu",
        save_strategy="no",
        logging_strategy="no",
        disable_tqdm=True,
    )
    warm = Trainer(deepcopy(model), replace(arguments, max_steps=3), data_collator=collator, train_dataset=rows)
    trainer = Trainer(model, arguments, data_collator=collator, train_dataset=rows)
    seconds = [_seconds(one.train) for one in (warm, trainer)]
    lengths = [len(row["input_ids"]) for row in rows] * (1 + BLOCKS * steps // len(rows))
    lengths = lengths[: BLOCKS * steps]
    scores = round((0.15 if objective == "mlm" else 1) * sum(lengths)) * len(setup.tokenizer)
    return _figures(setup, settings, model.eval().cpu(), seconds[1], lengths, scores)


def _setup(objective: str, size: str, options: Options) -> tuple[Any, Any]:
    """Return textssl's training setup and its settings; both sides learn and are measured on its texts."""
    from textssl.pretraining.pretraining import prepare
    from textssl.pretraining.settings import PretrainingSettings

    settings = PretrainingSettings(
        objective=objective,
        size=size,
        vocabulary=16_384,
        max_length=LENGTH,
        mask_rate=0.15,
        tokens=100_000 if options.quick else 400_000,
        held_out=0.05,
    )
    with gzip.open(DATA / "searchsnippets.jsonl.gz", "rt", encoding="utf-8") as file:
        texts = list(dict.fromkeys(json.loads(line)["text"] for line in file))
    return prepare(texts, settings), settings


def _peer_model(objective: str, size: str, tokenizer: Any) -> Any:
    """Return the peer's model with the shape of our preset and random weights."""
    from transformers import BertConfig, BertForMaskedLM, GPT2Config, GPT2LMHeadModel

    from textssl.pretraining.backbones import SIZES

    layers, width, heads, inner = SIZES[size]
    inputs = {"vocab_size": len(tokenizer), "max_position_embeddings": LENGTH, "pad_token_id": tokenizer.pad_token_id}
    inputs |= {"bos_token_id": tokenizer.cls_token_id, "eos_token_id": tokenizer.sep_token_id}
    shape = {"num_hidden_layers": layers, "hidden_size": width, "num_attention_heads": heads}
    if objective == "mlm":
        return BertForMaskedLM(BertConfig(**inputs, **shape, intermediate_size=inner))
    return GPT2LMHeadModel(GPT2Config(**inputs, **shape, n_inner=inner))


def _scores(batch: Any, vocabulary: int) -> int:
    """Return how many scores textssl computes for a batch; it scores only a sample of a large vocabulary."""
    from textssl.training.prediction_loss import prediction_loss

    sample_above, n_negatives = (
        signature(prediction_loss).parameters[name].default for name in ("sample_above", "n_negatives")
    )
    labels = batch["labels"][batch["labels"] != -100]
    sample = len(labels.unique()) + n_negatives
    return len(labels) * (vocabulary if vocabulary <= sample_above else min(vocabulary, sample))


def _seconds(call: Callable[..., Any], *given: Any) -> float:
    import torch

    started = time.perf_counter()
    call(*given)
    if torch.cuda.is_available():
        torch.cuda.synchronize()
    return time.perf_counter() - started


def _figures(
    setup: Any, settings: Any, model: Any, seconds: float, lengths: list[int], scores: int
) -> dict[str, float]:
    from textssl.pretraining.tasks import WordTask, mean_loss

    causal = settings.objective == "clm"
    width, layers = model.config.hidden_size, model.config.num_hidden_layers
    matrices = [p.numel() for name, p in model.named_parameters() if ".layer" in name or ".h." in name if p.ndim == 2]
    flops = 6 * sum(matrices) * sum(lengths) + 6 * width * scores
    flops += 12 * width * layers * sum(length**2 for length in lengths) / (2 if causal else 1)
    loss = mean_loss(WordTask(model, setup.measured[settings.objective].batch_at, causal))
    return {
        "rate": sum(lengths) / seconds,
        "GFLOP/s": flops / seconds / 1e9,
        "training tokens": sum(lengths),
        "held-out loss, nats": loss,
    }


def _case(objective: str, size: str, shape: str) -> Case:
    name, script = {"mlm": ("BertForMaskedLM", "run_mlm"), "clm": ("GPT2LMHeadModel", "run_clm")}[objective]
    sides = {f"Trainer + {name}, as {script}": partial(_peer, objective, size, False)}
    if (objective, size) == ("mlm", "tiny"):
        sides[f"Trainer + {name}, as {script} --line_by_line"] = partial(_peer, objective, size, True)
    sides[f"textssl {objective}"] = partial(_ours, objective, size)
    return Case(f"pretraining: {objective}, {shape}", "tokens/s", sides, needs=("accelerate",))


CASES = tuple(
    _case(objective, size, shape)
    for size, shape in (("tiny", "2 x 128"), ("small", "4 x 256"))
    for objective in ("mlm", "clm")
)
