import datasets
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from textssl.corpus.reading import read_corpus
from textssl.corpus.settings import CorpusSettings
from textssl.errors import DataError, UsageError

LABELLED = CorpusSettings(label_column="label")
TEXTS = ["Fox", "", "Dog"]


@pytest.mark.parametrize(
    "source",
    [
        pd.Series(["Fox", None, "Dog"], index=[7, 8, 7]),
        pd.Series(["Fox", np.nan, "Dog"], dtype=object),
        pd.Series(["Fox", pd.NA, "Dog"], dtype="string"),
        pd.Series(["Fox", None, "Dog"], dtype="category"),
        pa.array(["Fox", None, "Dog"]),
        pa.chunked_array([["Fox"], [None, "Dog"]]),
        pa.array(["Fox", "", "Dog"]).dictionary_encode(),
        pa.array(["Fox", "", "Dog"], pa.string_view()),
    ],
    ids=str,
)
def test_columns_in_memory(source):
    corpus = read_corpus(source)
    assert corpus.texts() == TEXTS
    assert corpus.labels is None
    with pytest.raises(UsageError, match="has no columns"):
        read_corpus(source, LABELLED)


@pytest.mark.parametrize("make", [pd.DataFrame, pa.table, datasets.Dataset.from_dict])
def test_tables_in_memory(make):
    corpus = read_corpus(make({"id": [1, 2, 3], "title": ["Fox", None, "Dog"], "label": [True, False, True]}), LABELLED)
    assert corpus.texts() == TEXTS
    assert corpus.labels == ["True", "False", "True"]


def test_missing_labels_are_null():
    frame = pd.DataFrame({"text": ["a", "b", "c"], "label": ["x", None, ""]})
    assert read_corpus(frame, LABELLED).labels == ["x", None, None]


def test_values_that_are_no_text_are_refused():
    with pytest.raises(DataError, match="column 'text' of the Series given holds no texts"):
        read_corpus(pd.Series([1, 2]))
    with pytest.raises(DataError, match="holds no texts"):
        read_corpus(pa.array([1.5]))
    with pytest.raises(DataError, match=r"row 1 of the DataFrame given is of type float, expected text: '2\.5'"):
        read_corpus(pd.DataFrame({"text": ["a", 2.5]}))


def test_a_frame_with_a_column_twice_is_refused():
    with pytest.raises(DataError, match=r"two columns of the same name \(text, text\)"):
        read_corpus(pd.DataFrame([["a", "b"]], columns=["text", "text"]))


def test_classes_of_a_dataset_are_called_by_name():
    features = datasets.Features({"text": datasets.Value("string"), "label": datasets.ClassLabel(names=["no", "yes"])})
    dataset = datasets.Dataset.from_dict({"text": ["a", "b", "c"], "label": [1, 0, -1]}, features)
    assert read_corpus(dataset, LABELLED).labels == ["yes", "no", None]
    shuffled = dataset.select([2, 0])
    assert read_corpus(shuffled, LABELLED).texts() == ["c", "a"]


def test_the_training_split_is_taken():
    part = datasets.Dataset.from_dict({"text": ["train"]})
    other = datasets.Dataset.from_dict({"text": ["other"]})
    assert read_corpus(datasets.DatasetDict(test=other, train=part)).texts() == ["train"]
    assert read_corpus(datasets.DatasetDict(test=other)).texts() == ["other"]
    with pytest.raises(UsageError, match=r"several splits \(a, b\) and none is 'train'"):
        read_corpus(datasets.DatasetDict(a=other, b=other))
