"""The cross-entropy of a language model at the labelled positions only, computed in chunks."""

import torch
from torch.nn import LinearCrossEntropyOptions
from torch.nn.functional import linear_cross_entropy, pad
from transformers import ModernBertDecoderForCausalLM, ModernBertForMaskedLM, PreTrainedModel

from textssl.training.tasks import Batch

# Numbers of positions and of scored tokens are multiples of this, so that few shapes occur; see `padded_lengths`.
_GRAIN = 64


def prediction_loss(
    model: PreTrainedModel, batch: Batch, chunk_size: int = 512, sample_above: int = 8_192, n_negatives: int = 1_024
) -> torch.Tensor:
    """Return the mean cross-entropy of the labelled tokens.

    Training with a large vocabulary scores the labels and a sample of the other tokens (sampled softmax, Jean et al.
    2015), and so estimates the loss. For a vocabulary of 16,000 tokens this halves the time of a step of the smallest
    backbone, and the final loss is the same.

    Args:
        model: a backbone of ours; any other model computes its own loss.
        batch: input_ids, attention_mask and labels (-100 for none), each int64 (texts, length).
        chunk_size: positions whose scores are computed at once. The scores of all positions would be the largest
            tensor of a step, allocated again in each.
        sample_above: the largest vocabulary that is scored completely in training.
        n_negatives: tokens scored beside the labels if the vocabulary is larger.

    Returns:
        A scalar in nats; 0, with zero gradients, for a batch without labels.
    """
    if not (batch["labels"] != -100).any():
        return 0 * next(model.parameters()).sum()
    if isinstance(model, ModernBertForMaskedLM):
        head, ahead = model.head, 0
    elif isinstance(model, ModernBertDecoderForCausalLM):
        head, ahead = model.lm_head, 1
    else:  # a foreign checkpoint
        return model(**batch).loss
    inputs = {name: tensor for name, tensor in batch.items() if name != "labels"}
    hidden, labels = model.model(**inputs).last_hidden_state, batch["labels"][:, ahead:]
    hidden, labels = hidden[:, : labels.shape[1]].flatten(0, 1), labels.flatten()
    positions = (labels != -100).nonzero().flatten()
    padding = (0, -len(positions) % _GRAIN)  # with position 0, without a label
    features, labels = head(hidden[pad(positions, padding)]), labels[positions]
    weight: torch.Tensor = model.decoder.weight
    bias: torch.Tensor = model.decoder.bias
    if model.training and len(weight) > sample_above:
        weight, bias, labels = _sampled(weight, bias, labels, n_negatives)
    labels = pad(labels, padding, value=-100)
    device = features.device.type
    precision = torch.get_autocast_dtype(device) if torch.is_autocast_enabled(device) else features.dtype
    options = LinearCrossEntropyOptions(batch_chunk_size=chunk_size, chunking_method=None, acc_policy="accurate")
    return linear_cross_entropy(
        features.to(precision), weight.to(precision), labels, linear_bias=bias.to(precision), options=options
    ).float()


def _sampled(
    weight: torch.Tensor, bias: torch.Tensor, labels: torch.Tensor, n_negatives: int
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Return the output rows of the labels and of sampled other tokens, their biases, and the labels as row numbers.

    Each sampled token stands for an equal share of all others, so the denominator of the softmax is unbiased.
    """
    present = labels.unique()
    absent = torch.ones(len(weight), device=labels.device).index_fill(0, present, 0).nonzero().flatten()
    wanted = n_negatives - len(present) % _GRAIN
    negatives = absent[torch.randperm(len(absent), device=labels.device)[:wanted]]
    rows = torch.cat([present, negatives])
    stands_for = torch.ones(len(rows), device=labels.device)
    stands_for[len(present) :] = len(absent) / max(1, len(negatives))
    return weight[rows], bias[rows] + stands_for.log(), torch.searchsorted(present, labels)
