"""The contrastive sentence stage: the two halves of a text must find each other among those of other texts.

The halves are random disjoint sets of the text's tokens. They share no word, so the model has to learn what goes
with what. The loss is InfoNCE over the batch (van den Oord et al. 2018).
"""

from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from textssl.embedding.settings import EmbeddingSettings
from textssl.tokens import Tokens
from textssl.training import Batch, Plan, device_of_choice, train

_TOKENS = 1_000_000  # learned from by default, unless 10 epochs are fewer
_EPOCHS = 10


def train_split_views(
    model: nn.Module,
    tokens: Tokens,
    words: np.ndarray,
    settings: EmbeddingSettings,
    seed: int,
    pretrained: bool,
    checkpoint: Path,
) -> None:
    """Train `model`, which turns input_ids and attention_mask into sentence_embedding, in place.

    Args:
        model: backbone and pooling.
        tokens: the corpus; texts of fewer than two words cannot be split and are left out.
        words: bool (vocabulary,), the tokens dealt to the halves; all others go to both.
        settings: length, batch and temperature.
        seed: of the dealing and the order.
        pretrained: whether the weights come from a checkpoint, and so must change more slowly.
        checkpoint: where a training cut off is resumed from.
    """
    is_word = torch.from_numpy(words)
    usable = np.flatnonzero(np.add.reduceat(words[tokens.ids], tokens.starts[:-1]) >= 2)
    total = min(_TOKENS, _EPOCHS * len(tokens.ids)) if settings.sentence_tokens == "auto" else settings.sentence_tokens
    batch_texts = min(settings.batch_texts, len(usable))
    if batch_texts < 2 or not total:
        return
    steps = max(1, round(int(total) / (batch_texts * tokens.lengths[usable].mean())))
    per_epoch = len(usable) // batch_texts

    def batch_at(step: int) -> Batch:
        epoch, place = divmod(step, per_epoch)
        order = np.random.default_rng([seed, 3, epoch]).permutation(usable)
        ids, mask = tokens.padded(order[place * batch_texts : (place + 1) * batch_texts], 0)
        return _halves(ids, mask, is_word, np.random.default_rng([seed, 4, step]))

    def loss_of(batch: Batch) -> torch.Tensor:
        first, second = functional.normalize(model(batch)["sentence_embedding"], dim=-1).chunk(2)
        similarity = first @ second.T / settings.temperature
        target = torch.arange(len(first), device=first.device)
        return (functional.cross_entropy(similarity, target) + functional.cross_entropy(similarity.T, target)) / 2

    rates = (2e-5, 2e-5) if pretrained else (1e-3, 5e-3)
    if settings.learning_rate != "auto":
        rates = (float(settings.learning_rate), rates[1] / rates[0] * float(settings.learning_rate))
    model.to(device_of_choice())
    train(model, batch_at, loss_of, Plan(steps, *rates), seed, "sentence stage", checkpoint)


def _halves(ids: torch.Tensor, mask: torch.Tensor, is_word: torch.Tensor, rng: np.random.Generator) -> Batch:
    """Deal the words of each text to two views, (2 * texts, longest): the views of text i are rows i and texts + i."""
    words = mask.bool() & is_word[ids]
    draw = torch.from_numpy(rng.random(ids.shape)).masked_fill(~words, 2.0)
    rank = draw.argsort(dim=1).argsort(dim=1)
    first = words & (rank < (words.sum(dim=1, keepdim=True) + 1) // 2)
    views = torch.cat([mask.bool() & ~(words & ~first), mask.bool() & ~first])
    return _compact(torch.cat([ids, ids]), views)


def _compact(ids: torch.Tensor, kept: torch.Tensor) -> Batch:
    """Close the gaps, so that a view takes no more places than it has tokens."""
    order = (~kept).long().argsort(dim=1, stable=True)[:, : int(kept.sum(dim=1).max())]
    mask = kept.gather(1, order).long()
    return {"input_ids": ids.gather(1, order) * mask, "attention_mask": mask}
