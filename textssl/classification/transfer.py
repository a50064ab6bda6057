"""Transfer: the self-taught encoder is fine-tuned on the labelled texts.

The training starts from the logistic regression on the frozen vectors, so that the encoder is not distorted by a random
classifier (Kumar et al. 2022).
"""

from textssl.classification.fine_tuning import plan_of, prepare
from textssl.classification.head import LogisticHead
from textssl.classification.inputs import Fitted, Inputs
from textssl.training.loop import train


def fit(inputs: Inputs) -> Fitted:
    """Train a copy of the encoder, with the classifier, on the labelled texts; an interrupted training resumes."""
    head = LogisticHead(n_folds=inputs.settings.folds, random_state=inputs.seed).fit(inputs.vectors, inputs.y)
    tuning = prepare(inputs, head)
    plan = plan_of(inputs, tuning.views.is_static)
    train(tuning.supervised, plan, inputs.seed, "transfer", inputs.checkpoint)
    return tuning.network.fitted(head)
