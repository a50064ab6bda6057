"""Language modelling from nothing: perplexity of a next-word model and of a Kneser-Ney 5-gram model on WikiText-2.

python scripts/benchmarks/language_modelling.py --out FOLDER [--tokens 10000000] [--size small] [--vocabulary 8000]

The models predict every character of the published test file: words, the space before each of them, `<unk>`, `@-@`,
the `=` of headings and, as a closing token, the end of each line, including blank lines. Byte-level BPE is lossless, so
no text is predicted for free. Perplexity is exp(nats of the whole file / number of words), where the end of a line
counts as a word (245,569 in all): the published protocol, which is independent of the tokens. The context of a token is
the text before it in the test file, at least half a window. The same command again resumes an interrupted training.
Data is read from $TEXTSSL_DATA, by default ../shared/data.
"""

import argparse
import gzip
import json
import math
import os
import time
from dataclasses import asdict, dataclass
from datetime import date
from importlib.metadata import version
from pathlib import Path

import numpy as np
import torch

from textssl.language.tokens import tokenize
from textssl.pretraining.facts import load_facts
from textssl.pretraining.pretraining import LanguageModel, pretrain
from textssl.pretraining.settings import PretrainingSettings

DATA = Path(os.environ.get("TEXTSSL_DATA", Path(__file__).parents[3] / "shared" / "data"))
END = "\n"


@dataclass(frozen=True)
class Score:
    """A system's score on the test text; 0 = not published."""

    system: str
    perplexity: float  # per word
    bits_per_byte: float
    seconds: float  # of training


PUBLISHED = [
    Score("transformer of PyTorch's word_language_model (published)", 133.0, 0.0, 0.0),
    Score("AWD-LSTM, 750 epochs on a GPU (published)", 65.6, 0.0, 0.0),
]


def main() -> None:
    """Train and score both models; print and write the scores."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True, help="folder for the model and language_modelling.json")
    parser.add_argument("--tokens", type=int, default=10_000_000, help="number of training tokens, repeats included")
    parser.add_argument("--size", default="small", help="preset of the backbone")
    parser.add_argument("--vocabulary", type=int, default=8_000, help="number of tokens in the vocabulary")
    parser.add_argument("--set", default="wikitext2", help="NAME of lm_NAME.train.txt.gz and lm_NAME.test.txt.gz")
    arguments = parser.parse_args()
    learned, test = (_lines(DATA / f"lm_{arguments.set}.{part}.txt.gz") for part in ("train", "test"))
    settings = PretrainingSettings(
        objective="clm",
        size=arguments.size,
        tokenizer="bytes",
        vocabulary=arguments.vocabulary,
        lowercase=False,
        tokens=arguments.tokens,
        held_out=0.0,
    )
    arguments.out.mkdir(parents=True, exist_ok=True)
    started = time.monotonic()
    model = pretrain(learned, arguments.out / "language_model", settings)
    seconds = time.monotonic() - started
    started = time.monotonic()
    n_gram_nats = kneser_ney(learned, test)
    n_gram = _score("Kneser-Ney 5-gram", n_gram_nats, test, time.monotonic() - started)
    ours = _score(f"textssl clm, {arguments.size}", text_nats(model, test), test, seconds)
    _report([ours, n_gram, *PUBLISHED], arguments.out)


def text_nats(language_model: LanguageModel, lines: list[str], window: int = 256) -> float:
    """Return the negative log-likelihood of the lines; each window after the first scores its second half."""
    model, tokenizer = language_model.model.eval(), language_model.tokenizer
    ids = torch.from_numpy(tokenize(tokenizer, lines).sequences(1_000_000_000).ids.astype(np.int64))
    if (ids == tokenizer.unk_token_id).any():
        raise SystemExit("the text contains characters that are not in the vocabulary, so its likelihood is undefined")
    total, stride = 0.0, window // 2
    with torch.inference_mode():
        for start in range(0, max(1, len(ids) - stride), stride):
            part = ids[start : start + window]
            n_scored = len(part) - 1 if start == 0 else len(part) - stride
            logits = model(input_ids=part[None, :-1], logits_to_keep=n_scored).logits[0]
            total += torch.nn.functional.cross_entropy(logits, part[-n_scored:], reduction="sum").item()
    return total


def kneser_ney(train: list[str], test: list[str], order: int = 5) -> float:
    """Return the negative log-likelihood of `test` under an interpolated Kneser-Ney model (1995) of `train`.

    Each order has one discount, n1 / (n1 + 2 n2). Every word of `test` must occur in `train`.
    """
    numbers = {word: number for number, word in enumerate(dict.fromkeys(_words(train)))}
    learned, tested = (np.array([numbers[word] for word in _words(lines)], np.uint64) for lines in (train, test))
    tested = np.concatenate([learned[-(order - 1) :], tested])  # the context of its first words
    probability = np.full(len(tested) - order + 1, 1 / len(numbers))
    for n in range(1, order + 1):
        grams = np.lib.stride_tricks.sliding_window_view(learned, min(n + 1, order))
        if n < order:  # count the distinct words before a gram, not its occurrences
            grams = grams[np.unique(_hashed(grams), return_index=True)[1], 1:]
        keys, first, counts = np.unique(_hashed(grams), return_index=True, return_counts=True)
        contexts, owner = np.unique(_hashed(grams[first, :-1]), return_inverse=True)
        totals, distinct = np.bincount(owner, counts), np.bincount(owner)
        discount = (counts == 1).sum() / ((counts == 1).sum() + 2 * (counts == 2).sum())
        wanted = np.lib.stride_tricks.sliding_window_view(tested, n)[order - n :]
        count, (total, kinds) = _found(keys, wanted, counts)[0], _found(contexts, wanted[:, :-1], totals, distinct)
        seen = total > 0
        share = (np.maximum(count - discount, 0) + discount * kinds * probability) / np.maximum(total, 1)
        probability = np.where(seen, share, probability)
    return float(-np.log(probability).sum())


def _hashed(grams: np.ndarray) -> np.ndarray:
    """Return a 64-bit number for each row."""
    keys = np.zeros(len(grams), np.uint64)
    for column in grams.T:
        keys = (keys ^ (column + np.uint64(1))) * np.uint64(0x9E3779B97F4A7C15)
        keys ^= keys >> np.uint64(29)
    return keys


def _found(keys: np.ndarray, grams: np.ndarray, *values: np.ndarray) -> list[np.ndarray]:
    """Return the values of the rows of `grams` whose hashes are in the sorted `keys`; 0 for the other rows."""
    wanted = _hashed(grams)
    places = np.searchsorted(keys, wanted).clip(max=len(keys) - 1)
    return [np.where(keys[places] == wanted, value[places], 0) for value in values]


def _words(lines: list[str]) -> list[str]:
    return [word for line in lines for word in [*line.split(), END]]


def _lines(path: Path) -> list[str]:
    """Return the lines, with the space before the first word and without the space after the last word."""
    if not path.exists():
        raise SystemExit(f"{path} does not exist: set TEXTSSL_DATA to the folder that contains it")
    with gzip.open(path, "rt", encoding="utf-8") as file:
        return [line.rstrip(" \n") for line in file]


def _score(system: str, nats: float, lines: list[str], seconds: float) -> Score:
    size = sum(len(f"{line} \n".encode()) for line in lines)
    return Score(system, math.exp(nats / len(_words(lines))), nats / math.log(2) / size, seconds)


def _report(scores: list[Score], out: Path) -> None:
    facts = load_facts(out / "language_model")
    versions = {name: version(name) for name in ("textssl", "torch", "transformers", "tokenizers")}
    print(f"\n{date.today()}, {torch.get_num_threads()} threads, {versions}\n")
    print(f"{facts['parameters']:,} parameters, {facts['learned_tokens']:,} training tokens\n")
    print("| | perplexity per word | bits per byte | training, s |\n|---|---|---|---|")
    for score in scores:
        measured = f"{score.bits_per_byte:.3f} | {score.seconds:.0f}" if score.seconds else "– | –"
        print(f"| {score.system} | {score.perplexity:.1f} | {measured} |")
    result = {"date": str(date.today()), "threads": torch.get_num_threads(), "versions": versions, "facts": facts}
    result["scores"] = [asdict(score) for score in scores]
    (out / "language_modelling.json").write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()
