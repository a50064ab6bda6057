"""Word prediction: what the language model learns, beside sentence vectors: masked words, or the next word.

The head that predicts words is that of the language model; the encoder itself has none.
"""

from pkgutil import resolve_name

import numpy as np
import torch
from torch import nn
from transformers import AutoConfig, PreTrainedModel

from textssl.encoder.objectives.inputs import ObjectiveInputs
from textssl.encoder.objectives.views import inner_places, sample
from textssl.errors import UsageError
from textssl.training.prediction_loss import prediction_loss
from textssl.training.tasks import Batch

_MASKED = 0.3  # share of the tokens, as in the training of the language model
_MASKED_HEAD, _NEXT_HEADS = "ForMaskedLM", ("ForCausalLM", "LMHeadModel")  # endings of the names of transformers


def views(ids: torch.Tensor, mask: torch.Tensor, words: torch.Tensor, rng: np.random.Generator) -> Batch:
    """Return each text, and which of its tokens to mask; the parameters are those of `split_views.views`.

    Returns:
        input_ids and attention_mask, and masked, bool, all (texts, longest).
    """
    inner = inner_places(mask)
    masked = sample(inner, (inner.sum(dim=1) * _MASKED).ceil(), rng)
    return {"input_ids": ids, "attention_mask": mask, "masked": masked}


class WordPrediction(nn.Module):
    """The cross-entropy of masked words, or of the next word if the language model predicts that.

    Args:
        model: language model and pooling, whose layers the head is joined to.
        inputs: of which the folder of the language model and the tokenizer count.

    Raises:
        UsageError: if the language model has no head that predicts words.
    """

    def __init__(self, model: nn.Sequential, inputs: ObjectiveInputs) -> None:
        super().__init__()
        config = AutoConfig.from_pretrained(inputs.language_model)
        kind = (config.architectures or ["no head"])[0]
        if not kind.endswith((_MASKED_HEAD, *_NEXT_HEADS)):
            raise UsageError(
                f"{inputs.language_model} has no head that predicts words ({kind}), so word_prediction cannot train "
                "it: choose other embedding.objectives"
            )
        self.mask = inputs.tokenizer.mask_token_id if kind.endswith(_MASKED_HEAD) else None
        self.language_model: PreTrainedModel = resolve_name(f"transformers:{kind}").from_pretrained(
            inputs.language_model, dtype=torch.float32
        )
        setattr(self.language_model, self.language_model.base_model_prefix, model[0].auto_model)
        self.language_model.tie_weights()

    def forward(self, batch: Batch) -> torch.Tensor:
        """Return the mean loss of a predicted token, in nats."""
        ids, kept = batch["input_ids"], batch["attention_mask"]
        labels = ids.masked_fill(kept == 0, -100)
        if self.mask is not None:
            labels = ids.masked_fill(~batch["masked"], -100)
            ids = ids.masked_fill(batch["masked"], self.mask)
        return prediction_loss(self.language_model, {"input_ids": ids, "attention_mask": kept, "labels": labels})
