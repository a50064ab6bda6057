"""Logistic regression on the first two coordinates."""

import numpy as np

from textssl.classification.head import LogisticHead
from textssl.classification.inputs import Fitted
from textssl.classification.registry import Entry

CALLS = []


def fit(inputs):
    CALLS.append(len(inputs.texts))
    some = np.zeros_like(inputs.vectors)
    some[:, :2] = inputs.vectors[:, :2]
    return Fitted(LogisticHead(C=1).fit(some, inputs.y))


ENTRY = Entry(f"{__name__}:fit", "textssl.classification.head:LogisticHead")
