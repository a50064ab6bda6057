import numpy as np
import pytest

TOPICS = ("boat sail wind harbour anchor deck captain wave", "oven flour butter sugar dough bake cake spoon")


@pytest.fixture(scope="session")
def texts():
    """200 texts of two topics that share no word but "the"; even rows are of the first."""
    return texts_of_two_topics(200)


@pytest.fixture(scope="session")
def many_texts():
    """600 such texts: enough to hold some out of the sentence training."""
    return texts_of_two_topics(600)


def texts_of_two_topics(count):
    rng = np.random.default_rng(0)
    return ["the " + " ".join(rng.choice(TOPICS[row % 2].split(), 5, replace=False)) for row in range(count)]


@pytest.fixture(scope="session")
def language_model(texts, tmp_path_factory):
    """The folder of a language model that has learned next to nothing."""
    from textssl.pretraining.pretraining import pretrain
    from textssl.pretraining.settings import PretrainingSettings

    folder = tmp_path_factory.mktemp("language_model") / "lm"
    pretrain(texts, folder, PretrainingSettings(tokens=500))
    return folder
