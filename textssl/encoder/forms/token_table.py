"""The token table of a language model as its layers see it."""

import numpy as np
from transformers import PreTrainedModel


def centred_rows(model: PreTrainedModel) -> np.ndarray:
    """Return the token table of `model`, each row minus its mean, float32 (vocabulary, width).

    Layer normalisation scales these rows to one length. Of a model that started from counts, and in which the layers do
    nothing yet, they are the hidden states of the tokens up to that length.
    """
    table = model.get_input_embeddings().get_parameter("weight").detach().float().cpu().numpy()
    return table - table.mean(axis=1, keepdims=True)
