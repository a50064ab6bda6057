"""The loss of a language model at the predicted places only, its vocabulary's scores made and used piece by piece."""

import torch
from torch.nn import LinearCrossEntropyOptions
from torch.nn.functional import linear_cross_entropy, pad
from transformers import ModernBertDecoderForCausalLM, ModernBertForMaskedLM, PreTrainedModel

from textssl.training.tasks import Batch

# The scores of all places at once would be the largest tensor of a step, mapped and cleared anew each time.
_PIECEWISE = LinearCrossEntropyOptions(batch_chunk_size=512, chunking_method=None, acc_policy="accurate")
# A sample of a vocabulary of 16,000 halves the time of a step of the smallest backbone, at the same loss in the end.
_SAMPLE_ABOVE = 8_192  # tokens of a vocabulary that is scored whole in training, too
_NEGATIVES = 1_024  # tokens scored of a larger one, beside those to be predicted
_GRAIN = 64  # places and tokens scored are so many times a whole number: few shapes, see padded_lengths


def prediction_loss(model: PreTrainedModel, batch: Batch) -> torch.Tensor:
    """Return the mean loss of a predicted token, in nats; in training, an estimate of it if the vocabulary is large.

    A batch in which nothing is to be predicted, for want of known words, has the loss 0 and teaches nothing.
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
    places = (labels != -100).nonzero().flatten()
    filled = (0, -len(places) % _GRAIN)  # by the first place again, which then has no label
    features, labels = head(hidden[pad(places, filled)]), labels[places]
    weight: torch.Tensor = model.decoder.weight
    bias: torch.Tensor = model.decoder.bias
    if model.training and len(weight) > _SAMPLE_ABOVE:
        weight, bias, labels = _sampled(weight, bias, labels)
    labels = pad(labels, filled, value=-100)
    device = features.device.type
    precision = torch.get_autocast_dtype(device) if torch.is_autocast_enabled(device) else features.dtype
    return linear_cross_entropy(
        features.to(precision), weight.to(precision), labels, linear_bias=bias.to(precision), options=_PIECEWISE
    ).float()


def _sampled(
    weight: torch.Tensor, bias: torch.Tensor, labels: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Return the rows that score the labels and a sample of the other tokens, their biases, the labels' places in them.

    One of the sample stands for its share of all others, so what the softmax divides by is estimated without bias
    (sampled softmax, Jean et al. 2015).
    """
    present = labels.unique()
    absent = torch.ones(len(weight), device=labels.device).index_fill(0, present, 0).nonzero().flatten()
    wanted = _NEGATIVES - len(present) % _GRAIN
    others = absent[torch.randperm(len(absent), device=labels.device)[:wanted]]
    rows = torch.cat([present, others])
    stands_for = torch.ones(len(rows), device=labels.device)
    stands_for[len(present) :] = len(absent) / max(1, len(others))
    return weight[rows], bias[rows] + stands_for.log(), torch.searchsorted(present, labels)
