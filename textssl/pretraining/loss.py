"""The loss of a language model at the predicted places only, its vocabulary's scores made and used piece by piece."""

import torch
from torch.nn import LinearCrossEntropyOptions
from torch.nn.functional import linear_cross_entropy
from transformers import ModernBertDecoderForCausalLM, ModernBertForMaskedLM, PreTrainedModel

from textssl.training import Batch

# The scores of all places at once would be the largest tensor of a step, mapped and cleared anew each time.
_PIECEWISE = LinearCrossEntropyOptions(batch_chunk_size=512, chunking_method=None, acc_policy="accurate")


def prediction_loss(model: PreTrainedModel, batch: Batch) -> torch.Tensor:
    """Return the mean loss of a predicted token, in nats; most of the work of a small model is here."""
    if isinstance(model, ModernBertForMaskedLM):
        head, ahead = model.head, 0
    elif isinstance(model, ModernBertDecoderForCausalLM):
        head, ahead = model.lm_head, 1
    else:  # a foreign checkpoint
        return model(**batch).loss
    inputs = {name: tensor for name, tensor in batch.items() if name != "labels"}
    hidden, labels = model.model(**inputs).last_hidden_state, batch["labels"][:, ahead:]
    places = labels != -100
    features = head(hidden[:, : labels.shape[1]][places])
    device = features.device.type
    precision = torch.get_autocast_dtype(device) if torch.is_autocast_enabled(device) else features.dtype
    weight, bias = model.decoder.weight.to(precision), model.decoder.bias.to(precision)
    return linear_cross_entropy(
        features.to(precision), weight, labels[places], linear_bias=bias, options=_PIECEWISE
    ).float()
