"""Predict words: at a blank with a masked model, or the next word with a causal one."""

import re
import sys
from dataclasses import dataclass
from pathlib import Path

import torch

from textssl.errors import UsageError
from textssl.language.tokens import longest_input
from textssl.language.word_pieces import word_pieces
from textssl.pretraining.objectives.registry import backbone_of, objective_with, predicts_words, with_backbone
from textssl.pretraining.pretraining import LanguageModel, load_language_model

BLANK = re.compile(r"_{2,}|\[MASK\]|<mask>")
_BEAM_SIZE = 20  # unfinished words that the beam search keeps


@dataclass(frozen=True)
class Prediction:
    """A word and its probability in [0, 1]."""

    word: str
    probability: float


def fill(model: LanguageModel | str | Path, text: str, top: int = 5) -> list[Prediction]:
    """Predict the word at the blank (``____``) of a text or, without a blank, the word that follows it.

    A masked model reads the text on both sides of the blank. It compares words of one and of several pieces: each
    probability is multiplied by the share of the corpus' words that have as many pieces. A causal model reads only the
    text on the left.

    Args:
        model: a language model or its folder.
        text: with at most one blank.
        top: how many words to return.

    Returns:
        The most probable words, best first.

    Raises:
        UsageError: if the text has several blanks, `top` is below 1, the model predicts no words, or it is causal and
            the blank is in the middle of the text.
        DataError: if the folder holds no language model.
    """
    if top < 1:
        raise UsageError(f"top must be at least 1, got {top}")
    blanks = BLANK.findall(text)
    if len(blanks) > 1:
        raise UsageError(f"expected at most one blank (____), got {len(blanks)}: keep one of them")
    left, _, right = text.partition(blanks[0]) if blanks else (text, "", "")
    language_model = model if isinstance(model, LanguageModel) else load_language_model(model)
    objective = language_model.facts.objective
    if not predicts_words(objective):
        raise UsageError(
            f"a {objective} model predicts no words, so it cannot fill a blank: "
            f"train one with --objective {with_backbone(objective, causal=False)}"
        )
    if not backbone_of(objective).causal:
        words = _masked(language_model, left, right)
    elif right.strip(" .!?"):
        raise UsageError(
            f"a {objective} model predicts the next word: put the blank (____) at the end, "
            f"or train with {objective_with(causal=False)}"
        )
    else:
        words = _next(language_model, left)
    best = sorted(words.items(), key=lambda item: -item[1])[:top]
    return [Prediction(word, probability) for word, probability in best]


@torch.inference_mode()
def _masked(language_model: LanguageModel, left: str, right: str) -> dict[str, float]:
    """Return words and their probabilities: a beam search fills one, two, ... masks with pieces from left to right."""
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
        for filled in range(pieces):
            masks = [tokenizer.mask_token_id] * (pieces - filled)
            rows = torch.tensor([[first, *before, *ids, *masks, *after, last] for ids, _ in beam])
            logits = model(input_ids=rows).logits[:, 1 + len(before) + filled].float()
            logits = logits.masked_fill(~(continues if filled else begins), -torch.inf)
            beam = _extended(beam, logits.softmax(dim=-1))
        for ids, probability in beam:
            word = str(tokenizer.decode(ids)).strip()
            words[word] = max(probability, words.get(word, 0.0))
    words.pop("", None)  # a space with no letter behind it
    return words


@torch.inference_mode()
def _next(language_model: LanguageModel, left: str) -> dict[str, float]:
    """Return words and their probabilities by a beam search over pieces.

    A word ends with the probability that the token after it does not continue it.
    """
    model, tokenizer = language_model.model, language_model.tokenizer
    begins, continues, left = _pieces(language_model, left)
    ids_left = tokenizer(left, add_special_tokens=False)["input_ids"]
    before = [tokenizer.cls_token_id, *ids_left[max(0, len(ids_left) - _room(language_model, 1)) :]]
    logits = model(input_ids=torch.tensor([before])).logits[:, -1].float()
    beam = _extended([([], 1.0)], logits.masked_fill(~begins, -torch.inf).softmax(dim=-1))
    words: dict[str, float] = {}
    for _ in language_model.facts.pieces_per_word:
        rows = torch.tensor([before + ids for ids, _ in beam])
        following = model(input_ids=rows).logits[:, -1].float().softmax(dim=-1)
        continued = following * continues
        for (ids, probability), share in zip(beam, continued.sum(dim=-1).tolist(), strict=True):
            words[str(tokenizer.decode(ids)).strip()] = probability * (1 - share)
        beam = _extended(beam, continued)
    words.pop("", None)
    return words


def _room(language_model: LanguageModel, special: int) -> int:
    """Return how many tokens of the text the model can read beside the longest word and `special` tokens."""
    longest = longest_input(language_model.model) or sys.maxsize
    return max(0, longest - special - len(language_model.facts.pieces_per_word))


def _pieces(language_model: LanguageModel, left: str) -> tuple[torch.Tensor, torch.Tensor, str]:
    """Return which tokens begin the word after `left`, which continue it, and the text to read before it.

    Where a word's first token includes the space before it, that space is removed from `left`.

    Returns:
        Two bool tensors (vocabulary,) and a text.
    """
    tokenizer = language_model.tokenizer
    pieces = word_pieces(tokenizer.backend_tokenizer)
    begins = ~pieces.continues
    if pieces.spaced.any():
        at_start = bool(pieces.spaced[tokenizer("a", add_special_tokens=False)["input_ids"][0]])
        after_space = left[-1].isspace() or left[-1].isalnum() if left.strip() else at_start
        begins, left = pieces.spaced == after_space, left.rstrip()
    begins[tokenizer.all_special_ids] = False
    beyond = (0, language_model.model.config.vocab_size - len(begins))  # rows of the table without a token
    begin, continue_ = (
        torch.nn.functional.pad(torch.from_numpy(which), beyond) for which in (begins, pieces.continues)
    )
    return begin, continue_, left


def _extended(beam: list[tuple[list[int], float]], probabilities: torch.Tensor) -> list[tuple[list[int], float]]:
    """Return the most probable extensions of the beam by one token; `probabilities` is (beam, vocabulary)."""
    joint = probabilities * torch.tensor([[probability] for _, probability in beam])
    best = joint.flatten().topk(min(_BEAM_SIZE, int((joint > 0).sum())))
    vocabulary = probabilities.shape[1]
    return [
        ([*beam[index // vocabulary][0], index % vocabulary], probability)
        for probability, index in zip(best.values.tolist(), best.indices.tolist(), strict=True)
    ]
