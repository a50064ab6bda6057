"""Predict a word: at the blank by the masked model, or as the next word by the causal one."""

import re
from dataclasses import dataclass
from pathlib import Path

import torch

from textssl.errors import UsageError
from textssl.pretraining.pretraining import LanguageModel, load_language_model

BLANK = re.compile(r"_{2,}|\[MASK\]|<mask>")
_BEAM = 20  # unfinished words kept while a word of several pieces grows


@dataclass(frozen=True)
class Prediction:
    """A word and its probability in [0, 1]."""

    word: str
    probability: float


def fill(model: LanguageModel | str | Path, text: str, top: int = 5) -> list[Prediction]:
    """Predict the word at the blank (``____``) of `text`; without a blank, the word that comes next.

    A masked model reads both sides of the blank. Words of several pieces compete with whole ones: the number of
    pieces is weighed by how many words of the corpus have that many. A causal model reads the left side only.

    Args:
        model: a language model or its folder.
        text: at most one blank.
        top: how many words to return.

    Returns:
        The most probable words, best first.

    Raises:
        UsageError: if there are several blanks, `top` is below 1, or a causal model is asked for a word in the middle.
    """
    if top < 1:
        raise UsageError(f"top must be at least 1, got {top}")
    blanks = BLANK.findall(text)
    if len(blanks) > 1:
        raise UsageError(f"one blank (____) is filled at a time, got {len(blanks)}: give one text a blank")
    left, _, right = text.partition(blanks[0]) if blanks else (text, "", "")
    language_model = model if isinstance(model, LanguageModel) else load_language_model(model)
    if language_model.facts.objective == "mlm":
        words = _masked(language_model, left, right)
    elif right.strip(" .!?"):
        raise UsageError("a clm model predicts the next word: put the blank (____) at the end, or train with mlm")
    else:
        words = _next(language_model, left)
    best = sorted(words.items(), key=lambda item: -item[1])[:top]
    return [Prediction(word, probability) for word, probability in best]


@torch.inference_mode()
def _masked(language_model: LanguageModel, left: str, right: str) -> dict[str, float]:
    """Fill one, two, ... masks from left to right with the pieces of a word; beam search over the pieces."""
    model, tokenizer = language_model.model, language_model.tokenizer
    before = tokenizer(left, add_special_tokens=False)["input_ids"]
    after = tokenizer(right, add_special_tokens=False)["input_ids"]
    first, last = tokenizer.cls_token_id, tokenizer.sep_token_id
    inner, forbidden = _kinds(language_model)
    words: dict[str, float] = {}
    for pieces, share in enumerate(language_model.facts.pieces_per_word, start=1):
        if not share:
            continue
        beam: list[tuple[list[int], float]] = [([], share)]
        for place in range(pieces):
            rows = [
                [first, *before, *ids, *[tokenizer.mask_token_id] * (pieces - place), *after, last] for ids, _ in beam
            ]
            logits = model(input_ids=torch.tensor(rows)).logits[:, 1 + len(before) + place].float()
            logits = logits.masked_fill(forbidden | (inner if place == 0 else ~inner), -torch.inf)
            beam = _extended(beam, logits.softmax(dim=-1))
        for ids, probability in beam:
            word = str(tokenizer.decode(ids)).strip()
            words[word] = max(probability, words.get(word, 0.0))
    return words


@torch.inference_mode()
def _next(language_model: LanguageModel, left: str) -> dict[str, float]:
    """Grow words piece by piece; a word ends with the probability that what follows is no inner piece."""
    model, tokenizer = language_model.model, language_model.tokenizer
    before = [tokenizer.cls_token_id, *tokenizer(left, add_special_tokens=False)["input_ids"]]
    inner, forbidden = _kinds(language_model)
    logits = model(input_ids=torch.tensor([before])).logits[:, -1].float()
    beam = _extended([([], 1.0)], logits.masked_fill(forbidden | inner, -torch.inf).softmax(dim=-1))
    words: dict[str, float] = {}
    for _ in language_model.facts.pieces_per_word:
        rows = torch.tensor([before + ids for ids, _ in beam])
        follows = model(input_ids=rows).logits[:, -1].float().softmax(dim=-1)
        grows = follows * inner
        for (ids, probability), share in zip(beam, grows.sum(dim=-1).tolist(), strict=True):
            words[str(tokenizer.decode(ids)).strip()] = probability * (1 - share)
        beam = _extended(beam, grows)
    return words


def _kinds(language_model: LanguageModel) -> tuple[torch.Tensor, torch.Tensor]:
    """Return which tokens are inner pieces of a word and which are no words at all, bool (vocabulary,)."""
    tokenizer = language_model.tokenizer
    size = language_model.model.config.vocab_size
    inner, forbidden = torch.zeros(size, dtype=torch.bool), torch.ones(size, dtype=torch.bool)
    for token, number in tokenizer.get_vocab().items():
        inner[number] = token.startswith("##")
        forbidden[number] = False
    forbidden[tokenizer.all_special_ids] = True
    return inner, forbidden


def _extended(beam: list[tuple[list[int], float]], probabilities: torch.Tensor) -> list[tuple[list[int], float]]:
    """Return the most probable one-piece extensions of the beam; `probabilities` is (beam, vocabulary)."""
    joint = probabilities * torch.tensor([[probability] for _, probability in beam])
    best = joint.flatten().topk(min(_BEAM, int((joint > 0).sum())))
    vocabulary = probabilities.shape[1]
    return [
        ([*beam[place // vocabulary][0], place % vocabulary], probability)
        for probability, place in zip(best.values.tolist(), best.indices.tolist(), strict=True)
    ]
