"""Judge a text by the pretext tasks that a language model has learned: is it in order, was a word replaced or moved."""

import sys
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
import torch

from textssl.errors import UsageError
from textssl.language.tokens import longest_input
from textssl.language.word_pieces import word_pieces
from textssl.pretraining.objectives.heads import Head
from textssl.pretraining.objectives.registry import pretexts
from textssl.pretraining.pretraining import LanguageModel, load_language_model
from textssl.pretraining.tasks import Answering


@dataclass(frozen=True)
class Judgement:
    """What a language model finds about a text, or about a word of it.

    Attributes:
        objective: the name of the pretext task.
        finding: "in order", "replaced", ...
        probability: of the finding, in [0.5, 1].
        word: the word it is about, as the text spells it; empty if it is about the text.
    """

    objective: str
    finding: str
    probability: float
    word: str = ""

    def __str__(self) -> str:
        """Return the finding in one line, as in ``replaced: 'jumps' .91``."""
        about = f": {self.word!r}" if self.word else ""
        return f"{self.finding}{about} {f'{self.probability:.2f}'.removeprefix('0')}"


def judge(model: LanguageModel | str | Path, text: str) -> list[Judgement]:
    """Judge a text by every pretext task that a language model has learned.

    Args:
        model: a language model that has learned at least one of them, as by ``objective="mlm,rtd,order"``, or its
            folder.
        text: the text; one that is too long for the model is judged in parts.

    Returns:
        For each task what it finds about the text, or a judgement for each word that was probably changed, the most
        probable first.

    Raises:
        UsageError: if the model has learned no pretext task, or the text has too few words for those that it has.
        DataError: if the folder holds no language model.
    """
    language_model = model if isinstance(model, LanguageModel) else load_language_model(model)
    tasks = pretexts(language_model.facts.objective)
    if not tasks:
        raise UsageError(
            f"a {language_model.facts.objective} model has learned no pretext task, so it cannot judge a text: "
            f"train one with --objective {language_model.facts.objective},rtd,order"
        )
    ids, words = _words(language_model, text)
    least = min(task.min_words for task in tasks.values())
    if len(words) < least:
        count = f"{least} words" if least > 1 else "one word"
        raise UsageError(f"expected a text of at least {count}, got {text!r}")
    return [
        judgement
        for name, task in tasks.items()
        if len(words) >= task.min_words
        for judgement in _judgements(language_model, name, ids, words)
    ]


def _words(language_model: LanguageModel, text: str) -> tuple[list[int], list[tuple[slice, str]]]:
    """Return the token numbers of a text, and of each word its tokens and its spelling."""
    tokenizer = language_model.tokenizer
    encoded = tokenizer(text, add_special_tokens=False, return_offsets_mapping=True)
    ids, offsets = encoded["input_ids"], encoded["offset_mapping"]
    if not ids:
        return [], []
    inner = word_pieces(tokenizer.backend_tokenizer).inner(np.array(ids))
    starts = np.append(np.flatnonzero(~inner), len(ids)).tolist()
    words = ((slice(a, b), text[offsets[a][0] : offsets[b - 1][1]].strip()) for a, b in pairwise(starts))
    return ids, [(tokens, word) for tokens, word in words if any(character.isalnum() for character in word)]


def _judgements(
    language_model: LanguageModel, name: str, ids: list[int], words: list[tuple[slice, str]]
) -> list[Judgement]:
    """Return what a pretext task finds about the words, or about the text, of which every part has to be in order."""
    task, head = pretexts(name)[name], language_model.heads[name]
    changed = _probabilities(language_model, head, ids)
    by_word = [float(changed[tokens].max()) for tokens, _ in words] if head.per_token else []
    found = [(p, word) for p, (_, word) in zip(by_word, words, strict=True) if p > 0.5] if by_word else []
    if found:
        return [Judgement(name, task.changed, p, word) for p, word in sorted(found, key=lambda item: -item[0])]
    most = max(by_word) if by_word else float(changed.max())
    return [Judgement(name, task.changed, most) if most > 0.5 else Judgement(name, task.unchanged, 1 - most)]


@torch.inference_mode()
def _probabilities(language_model: LanguageModel, head: Head, ids: list[int]) -> np.ndarray:
    """Return the probability that something was changed: of each token, (tokens,), or of each part of the text."""
    tokenizer, answering = language_model.tokenizer, Answering(language_model.model, head)
    room = (longest_input(language_model.model) or sys.maxsize) - 2
    found = []
    for start in range(0, len(ids), room):
        part = torch.tensor([[tokenizer.cls_token_id, *ids[start : start + room], tokenizer.sep_token_id]])
        logits = answering(part, torch.ones_like(part)).float()
        found.append(logits[0, 1:-1] if head.per_token else logits)
    return torch.cat(found).sigmoid().numpy()
