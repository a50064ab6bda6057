"""Row 2: tokenize texts and pack them into blocks by `datasets.map`, as in transformers' run_mlm, and by textssl.

Both use the same tokenizer, trained on the texts, and the same blocks of 256 tokens of the concatenated texts.
"""

import gzip
import os
import time
from collections.abc import Callable
from itertools import chain, islice
from pathlib import Path
from typing import Any

from speed_rows.case import Case, Options

DATA = Path(os.environ.get("TEXTSSL_DATA", Path(__file__).parents[4] / "shared" / "data"))
LENGTH = 256


def _by_datasets(options: Options) -> dict[str, float]:
    from datasets import Dataset, disable_progress_bars

    disable_progress_bars()

    def pack(tokenizer: Any, texts: list[str]) -> int:
        rows = Dataset.from_dict({"text": texts})
        tokens = rows.map(
            lambda batch: tokenizer(batch["text"], return_special_tokens_mask=True),
            batched=True,
            remove_columns=["text"],
            load_from_cache_file=False,
        )
        blocks = tokens.map(_grouped, batched=True, load_from_cache_file=False)
        return len(blocks) * LENGTH

    return _measured(pack, options)


def _grouped(batch: dict[str, list[list[int]]]) -> dict[str, list[list[int]]]:
    """Concatenate the rows of a batch, cut them into blocks and drop the rest."""
    whole = {key: list(chain.from_iterable(rows)) for key, rows in batch.items()}
    end = len(whole["input_ids"]) // LENGTH * LENGTH
    return {key: [flat[start : start + LENGTH] for start in range(0, end, LENGTH)] for key, flat in whole.items()}


def _by_textssl(options: Options) -> dict[str, float]:
    from textssl.language.tokens import tokenize

    return _measured(
        lambda tokenizer, texts: len(tokenize(tokenizer, texts).sequences(LENGTH).packed(LENGTH).ids), options
    )


def _measured(pack: Callable[[Any, list[str]], int], options: Options) -> dict[str, float]:
    from textssl.language.tokenizer import train_tokenizer

    with gzip.open(DATA / "lm_arxiv_titles.txt.gz", "rt", encoding="utf-8") as file:
        texts = [line.rstrip("\n") for line in islice(file, 50_000 if options.quick else 500_000)]
    tokenizer = train_tokenizer(texts[:50_000], 16_384)
    pack(tokenizer, texts[:1_000])
    started = time.perf_counter()
    tokens = pack(tokenizer, texts)
    return {"rate": tokens / (time.perf_counter() - started), "tokens": tokens}


CASES = (Case("tokenizing and packing", "tokens/s", {"datasets.map": _by_datasets, "textssl": _by_textssl}),)
