"""Predict a word: at the blank by the masked model, or as the next word by the causal one."""

import re
import sys
from dataclasses import dataclass
from pathlib import Path

import torch

from textssl.errors import UsageError
from textssl.language.tokens import longest_input
from textssl.language.word_pieces import word_pieces
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
    begins, continues, left = _pieces(language_model, left)
    before = tokenizer(left, add_special_tokens=False)["input_ids"]
    after = tokenizer(right, add_special_tokens=False)["input_ids"]
    room = _room(language_model, 2)
    after = after[: max(room - len(before), room // 2)]
    before = before[max(0, len(before) + len(after) - room) :]
    first, last = tokenizer.cls_token_id, tokenizer.sep_token_id
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
            logits = logits.masked_fill(~(begins if place == 0 else continues), -torch.inf)
            beam = _extended(beam, logits.softmax(dim=-1))
        for ids, probability in beam:
            word = str(tokenizer.decode(ids)).strip()
            words[word] = max(probability, words.get(word, 0.0))
    words.pop("", None)  # a space with no letter behind it
    return words


@torch.inference_mode()
def _next(language_model: LanguageModel, left: str) -> dict[str, float]:
    """Grow words piece by piece; a word ends with the probability that what follows is no inner piece."""
    model, tokenizer = language_model.model, language_model.tokenizer
    begins, continues, left = _pieces(language_model, left)
    read = tokenizer(left, add_special_tokens=False)["input_ids"]
    before = [tokenizer.cls_token_id, *read[max(0, len(read) - _room(language_model, 1)) :]]
    logits = model(input_ids=torch.tensor([before])).logits[:, -1].float()
    beam = _extended([([], 1.0)], logits.masked_fill(~begins, -torch.inf).softmax(dim=-1))
    words: dict[str, float] = {}
    for _ in language_model.facts.pieces_per_word:
        rows = torch.tensor([before + ids for ids, _ in beam])
        follows = model(input_ids=rows).logits[:, -1].float().softmax(dim=-1)
        grows = follows * continues
        for (ids, probability), share in zip(beam, grows.sum(dim=-1).tolist(), strict=True):
            words[str(tokenizer.decode(ids)).strip()] = probability * (1 - share)
        beam = _extended(beam, grows)
    words.pop("", None)
    return words


def _room(language_model: LanguageModel, special: int) -> int:
    """Return how many tokens of a text are read beside the longest word and `special` tokens."""
    longest = longest_input(language_model.model) or sys.maxsize
    return max(0, longest - special - len(language_model.facts.pieces_per_word))


def _pieces(language_model: LanguageModel, left: str) -> tuple[torch.Tensor, torch.Tensor, str]:
    """Return which tokens begin the word after `left` and which continue it, bool (vocabulary,), and what to read.

    Where tokens begin with the space before them, it is theirs and is not read with `left`.
    """
    tokenizer = language_model.tokenizer
    pieces = word_pieces(tokenizer.backend_tokenizer)
    begins = ~pieces.continues
    if pieces.spaced.any():
        at_start = bool(pieces.spaced[tokenizer("a", add_special_tokens=False)["input_ids"][0]])
        after_space = left[-1].isspace() or left[-1].isalnum() if left.strip() else at_start
        begins, left = pieces.spaced == after_space, left.rstrip()
    begins[tokenizer.all_special_ids] = False
    beyond = (0, language_model.model.config.vocab_size - len(begins))  # rows of the table that no token has
    made = [torch.nn.functional.pad(torch.from_numpy(kind), beyond) for kind in (begins, pieces.continues)]
    return made[0], made[1], left


def _extended(beam: list[tuple[list[int], float]], probabilities: torch.Tensor) -> list[tuple[list[int], float]]:
    """Return the most probable one-piece extensions of the beam; `probabilities` is (beam, vocabulary)."""
    joint = probabilities * torch.tensor([[probability] for _, probability in beam])
    best = joint.flatten().topk(min(_BEAM, int((joint > 0).sum())))
    vocabulary = probabilities.shape[1]
    return [
        ([*beam[place // vocabulary][0], place % vocabulary], probability)
        for probability, place in zip(best.values.tolist(), best.indices.tolist(), strict=True)
    ]
